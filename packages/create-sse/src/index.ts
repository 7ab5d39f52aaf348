/**
 * The command `create-sse` as a function.
 *
 * @module
 */
import { basename, relative, resolve } from 'node:path'
import { intro, log, note, outro, spinner } from '@clack/prompts'
import { CommanderError } from 'commander'
import { type Arguments, readArguments } from './arguments.ts'
import { askFor } from './ask.ts'
import { createApp } from './create-app.ts'
import { CreateError } from './create-error.ts'
import { readPackageManager, runPackageManager } from './package-manager.ts'
import { listTemplates } from './templates.ts'

/**
 * Creates an app, installs what it needs, and with `--start` runs it. Resolves with the exit code, and never rejects: 0,
 * 1 when something failed, 2 for a wrong argument, 130 when the person left at a question. What went wrong is printed
 * with the next step. Nothing is written unless folder and template are usable.
 *
 * @param args - the arguments after the name of the program, such as `['my-app', '--template', 'next']`.
 */
export async function run(args: readonly string[]): Promise<number> {
  try {
    return await create(readArguments(args, listTemplates()))
  } catch (error) {
    // Commander has printed its own: a wrong option, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (!(error instanceof CreateError)) throw error
    log.error(error.message, { output: process.stderr })
    return error.exitCode
  }
}

async function create(given: Arguments): Promise<number> {
  intro('create-sse')
  const templates = listTemplates()
  const { folder, template } = await askFor(given, templates)
  const target = resolve(folder)
  const manager = readPackageManager(process.env.npm_config_user_agent)
  createApp({ target, template, tarballs: given.tarballs, manager })
  log.step(`Created ${basename(target)} from the template ${template.name}`)

  if (given.install) {
    const progress = spinner()
    progress.start(`Installing with ${manager}`)
    const failure = await runPackageManager(manager, ['install'], target)
    if (failure !== undefined) {
      progress.error(`${manager} install failed`)
      throw new CreateError(
        `${failure}\n\nThe app is in ${target}. Run \`${manager} install\` there once the cause above is gone.`,
      )
    }
    progress.stop(`Installed with ${manager}`)
  }
  const steps = [
    `cd ${relative(process.cwd(), target) || '.'}`,
    ...(given.install ? [] : [`${manager} install`]),
    `${manager} run dev`,
  ]
  if (given.start) {
    outro(`Starting it. Ctrl-C ends it; later: ${steps.join(' && ')}`)
    await runPackageManager(manager, ['run', 'dev'], target, 'inherit')
    return 0
  }
  note(steps.join('\n'), 'Start it')
  outro('Open the address that it prints, in two windows.')
  return 0
}
