import { Command } from 'commander'
import { parseCount, parseDuration } from '../arguments.ts'
import type { CommandContext } from '../command-context.ts'
import { type EngineAddress, parseEngineAddress } from '../engine/address.ts'
import type { InspectOptions } from '../inspect/inspect.ts'

const SAMPLE = 10_000
const EVERY_MS = 1_000

export function inspectCommand(context: CommandContext): Command {
  return new Command('inspect')
    .description('show what a hub has stored: events, subscribers, presence and runs')
    .argument('<address>', 'sqlite:file, redis://…, nats://… or postgres://…', parseEngineAddress)
    .option('--name <hub>', 'name of the hub in Redis, NATS or Postgres (default: hub)')
    .option('--schema <schema>', 'schema of the tables in Postgres (default: sse)')
    .option('--sample <number>', 'number of events that are counted, the newest ones', parseCount, SAMPLE)
    .option('-f, --follow', 'look again and again; prints JSON if it is not for a terminal')
    .option('--every <duration>', 'interval of --follow', parseDuration, EVERY_MS)
    .option('--json', 'print one JSON object for each look')
    .addHelpText(
      'after',
      `
It only reads. It creates nothing, removes nothing, and is not one of the hub's processes.

Examples:
  sse inspect sqlite:leads.db
  sse inspect redis://:password@localhost:6379/0 --name leads --follow
  sse inspect postgres://app@localhost/app --json | jq .subscribers
`,
    )
    .action(async (address: EngineAddress, options: InspectOptions) => {
      const { inspect } = await import('../inspect/inspect.ts')
      await inspect(address, options, context)
    })
}
