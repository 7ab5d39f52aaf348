import { Command } from 'commander'
import { parseDuration, parseHeader } from '../arguments.ts'
import type { CommandContext } from '../command-context.ts'
import type { PublishOptions } from '../publish/publish.ts'

const TIMEOUT_MS = 10_000

export function publishCommand(context: CommandContext): Command {
  return new Command('publish')
    .description('publish events to a hub, for trying things out')
    .argument('<target>', 'sqlite:file, redis://…, nats://…, postgres://…, or the URL of a publishHandler')
    .argument('<event>', 'name of the event, or - to read objects from standard input')
    .argument('[payload]', 'payload as JSON, or - to read one from each line of standard input')
    .option('-c, --channel <channel>', 'channel to publish to')
    .option('--key <key>', 'key of the event, for channels that deliver only the latest event of each key')
    .option('--idempotency-key <key>', 'publishes nothing if the channel has an event with this key')
    .option('--name <hub>', 'name of the hub in Redis, NATS or Postgres (default: hub)')
    .option('--schema <schema>', 'schema of the tables in Postgres (default: sse)')
    .option('--create', 'create the hub if it does not exist')
    .option('-H, --header <name: value>', 'request header for a URL; may be repeated', parseHeader)
    .option('--timeout <duration>', 'longest wait for an answer of a URL', parseDuration, TIMEOUT_MS)
    .option('--json', 'print one JSON object per event instead of its id')
    .addHelpText(
      'after',
      `
Prints the id of each event. Nothing is trimmed: that is up to the app's own hub.

Examples:
  sse publish sqlite:leads.db lead '{"id":1}' --channel owner:42
  sse publish https://example.com/publish lead '{"id":1}' -c owner:42 -H 'authorization: Bearer …'
  echo '{"event":"lead","payload":{"id":1},"channel":"owner:42"}' | sse publish redis://localhost -
`,
    )
    .action(async (target: string, event: string, data: string | undefined, options: PublishOptions) => {
      const { publish } = await import('../publish/publish.ts')
      await publish(target, event, data, options, context)
    })
}
