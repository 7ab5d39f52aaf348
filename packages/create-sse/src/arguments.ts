import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import type { Template } from './templates.ts'

export interface Arguments {
  /** Where to create the app. Asked for if it is not given. */
  readonly folder: string | undefined
  /** Name of the template. Asked for if it is not given. */
  readonly template: string | undefined
  /** Whether to install the app's packages. */
  readonly install: boolean
  /** Whether to run the app afterwards. */
  readonly start: boolean
  /** Folder with the packed packages of this release, to install instead of those of the registry. */
  readonly tarballs: string | undefined
}

/** Reads the command line. Throws a `CommanderError` for what it does not know, after printing the reason. */
export function readArguments(args: readonly string[], templates: readonly Template[]): Arguments {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const program = new Command('create-sse')
    .description('Creates an app that streams typed Server-Sent Events.')
    .version(version)
    .argument('[folder]', 'where to create it; asked for if it is not given')
    .option('-t, --template <name>', 'what to start from; asked for if it is not given')
    .option('--no-install', 'leave out the installation of its packages')
    .option('--start', 'run it afterwards', false)
    .option('--tarballs <folder>', 'take the packages of @sse from the .tgz files in this folder')
    .addHelpText(
      'after',
      [
        '',
        'Templates:',
        ...templates.map(({ name, description }) => `  ${name.padEnd(16)} ${description}`),
      ].join('\n'),
    )
    .exitOverride()
    .showHelpAfterError('(add --help for the options)')
  program.parse(args, { from: 'user' })
  const { template, install, start, tarballs } = program.opts()
  return { folder: program.args[0], template, install, start: start && install, tarballs }
}
