import { Command } from 'commander'
import { collect, parseCount, parseDuration, parseHeader } from '../arguments.ts'
import type { CommandContext } from '../command-context.ts'
import { CommandError } from '../command-error.ts'
import { EXIT } from '../exit-codes.ts'
import type { LoadOptions } from '../load/load.ts'
import { parseTarget } from '../load/target.ts'

const CONNECTIONS = 100
const MAX_CONNECTIONS = 100_000
const DURATION_MS = 30_000
const MAX_DURATION_MS = 3_600_000
/** Per second. */
const RATE = 500
const TIMEOUT_MS = 10_000

export function loadCommand(context: CommandContext): Command {
  return new Command('load')
    .description('open many connections to servers of your own, and measure')
    .argument(
      '<url...>',
      'URLs of streams; {n} in a path or query is the number of the connection',
      parseTarget,
    )
    .option('-c, --connections <number>', 'connections in all', parseConnections, CONNECTIONS)
    .option('--for <duration>', 'time to measure once all are started (at most 1h)', parseTime, DURATION_MS)
    .option('--rate <number>', 'connections to start per second', parseRate, RATE)
    .option('-H, --header <name: value>', 'request header, may contain {n}; may be repeated', parseHeader)
    .option('--time-field <name>', 'field of the JSON data with the time an event was sent, such as data.at')
    .option('--no-compare', 'do not compare the events of connections: each gets its own')
    .option('--timeout <duration>', 'longest wait for an answer', parseDuration, TIMEOUT_MS)
    .option(
      '--allow-host <host>',
      'load this host, which is outside of this machine and private networks; may be repeated',
      collect,
    )
    .option('--json', 'print the report as one JSON object')
    .addHelpText(
      'after',
      `
Load only servers that are yours. It connects to the hosts of the given URLs and to no others, also after redirects.
It exits with 1 after errors, refusals, or lost or repeated events.

Examples:
  sse load http://localhost:3000/leads -c 1000 --for 60s
  sse load http://localhost:3000/leads -H 'authorization: Bearer user-{n}' --time-field at
`,
    )
    .action(async (urls: string[], options: LoadOptions) => {
      const { load } = await import('../load/load.ts')
      await load(urls, options, context)
    })
}

function parseConnections(text: string): number {
  return atMost(parseCount(text), MAX_CONNECTIONS, `"${text}" is more than ${MAX_CONNECTIONS} connections`)
}

function parseTime(text: string): number {
  return atMost(parseDuration(text), MAX_DURATION_MS, `"${text}" is longer than 1h`)
}

/** Reads `200` or `200/s`. */
function parseRate(text: string): number {
  return parseCount(text.replace(/\/s$/, ''))
}

function atMost(value: number, max: number, message: string): number {
  if (value <= max) return value
  throw new CommandError(message, { exitCode: EXIT.usage })
}
