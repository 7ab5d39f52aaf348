import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import type { CommandContext } from './command-context.ts'
import { contractCommand } from './commands/contract.ts'
import { doctorCommand } from './commands/doctor.ts'
import { inspectCommand } from './commands/inspect.ts'
import { loadCommand } from './commands/load.ts'
import { publishCommand } from './commands/publish.ts'
import { tailCommand } from './commands/tail.ts'

/** Each command has one file in commands/: its arguments there, its work in a folder that is loaded when it runs. */
const COMMANDS: readonly ((context: CommandContext) => Command)[] = [
  tailCommand,
  doctorCommand,
  loadCommand,
  publishCommand,
  inspectCommand,
  contractCommand,
]

export function createProgram(context: CommandContext): Command {
  const { terminal } = context
  const program = new Command('sse')
    .description('Server-Sent Events from the command line')
    .version(readVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
      outputError: (text) => terminal.fail(text.replace(/^error: /, '').trimEnd()),
    })
    .showHelpAfterError('(add --help for the options)')
  for (const create of COMMANDS) program.addCommand(create(context).copyInheritedSettings(program))
  return program
}

function readVersion(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
}
