import { Command } from 'commander'
import { collect, parseCount, parseDuration, parseHeader, parseUrl } from '../arguments.ts'
import type { CommandContext } from '../command-context.ts'
import type { TailOptions } from '../tail/tail.ts'

/** Default of `--timeout`. */
const TIMEOUT_MS = 10_000

export function tailCommand(context: CommandContext): Command {
  return new Command('tail')
    .description('print the events of a stream as they arrive')
    .argument('<url>', 'URL of the stream', parseUrl)
    .option('-H, --header <name: value>', 'request header; may be repeated', parseHeader)
    .option('-e, --event <name>', 'only events of this name; may be repeated', collect)
    .option('-n, --count <number>', 'end after this number of events', parseCount)
    .option('--for <duration>', 'end after this time, such as 30s or 5m', parseDuration)
    .option('--last-id <id>', 'resume after this id')
    .option('--since-start', "begin with the oldest event that a hub's history retains")
    .option('-X, --request <method>', 'request method (default: GET, with a body POST)')
    .option('-d, --data <body>', 'request body; JSON gets the content type application/json')
    .option('--timeout <duration>', 'longest wait for an answer', parseDuration, TIMEOUT_MS)
    .option('--retry', 'also retry while the first connection fails')
    .option('--json', 'print one JSON object per event, whole and unchanged')
    .addHelpText(
      'after',
      `
Events go to standard output, and what happens to the connection to standard error. It reconnects like a page does.

Examples:
  sse tail http://localhost:3000/leads
  sse tail https://example.com/leads -H 'authorization: Bearer …' --event lead --json | jq .data
  sse tail http://localhost:3000/leads --since-start -n 100
`,
    )
    .action(async (url: URL, options: TailOptions) => {
      const { tail } = await import('../tail/tail.ts')
      await tail(url, options, context)
    })
}
