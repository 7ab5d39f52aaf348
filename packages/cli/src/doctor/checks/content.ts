import { type Check, ok, problem, unknown, warning } from '../check.ts'
import { dialectOf, hasControlEvents } from '../dialect.ts'
import { isAppEvent } from '../probes/resume-point.ts'
import { count, seconds } from '../timing.ts'

/** asyncio's readers and others refuse longer ones. */
const LONG_LINE = 65_536
/** A page that reads more has no time for anything else. */
const MAX_BYTES_PER_MS = 1_000

const format: Check = {
  id: 'format',
  title: 'Format',
  meaning:
    'The text consists of the fields `data`, `event`, `id`, `retry` and of comments, and an empty line ends each event. Clients silently ignore everything else.',
  fix: 'Write each line of a text as its own `data` field, and end each event with an empty line.',
  docs: 'docs/reference/protocol.md#frames',
  judge({ main }) {
    if (!main?.stream) return undefined
    const { items, unknownFields, unfinished, ending, bytes, commentsAtMs, retries } = main.stream
    if (bytes === 0) return unknown('Nothing arrived')
    const events = items.filter(({ event }) => event !== undefined).length
    const isGarbage = items.length + commentsAtMs.length + retries.length === 0
    if (isGarbage && (unknownFields.length > 0 || ending !== 'open' || bytes > LONG_LINE))
      return problem(`None of ${bytes} bytes is an event`)
    if (unknownFields.length > 0)
      return warning(
        `${count(unknownFields.length, 'ignored line')}, such as one that starts with "${unknownFields[0]}"`,
      )
    if (ending === 'ended' && /^data/m.test(unfinished))
      return problem('The last event has no empty line after it: clients drop it')
    return ok(count(events + main.stream.skippedItems, 'event'))
  },
}

const size: Check = {
  id: 'size',
  title: 'Size',
  meaning:
    'Lines have at most 64 KiB, which some clients refuse to exceed, and the stream does not send more than clients can read.',
  fix: 'Send a reference instead of the content, or several events. Python readers: raise `limit`.',
  docs: 'docs/operations/sizing.md',
  judge({ main }) {
    if (!main?.stream) return undefined
    const { longestLine, ending, endMs, bytes } = main.stream
    if (ending === 'limit' && bytes > endMs * MAX_BYTES_PER_MS)
      return warning(`${Math.round(bytes / 1_048_576)} MiB in ${seconds(endMs)}: the doctor did not read on`)
    if (longestLine > LONG_LINE) return warning(`A line has ${longestLine} characters`)
    return bytes > 0 ? ok(`The longest line has ${longestLine} characters`) : undefined
  },
}

const retry: Check = {
  id: 'retry',
  title: 'Reconnection delay',
  meaning:
    '`retry` says how long clients wait before they reconnect. Without it browsers wait 3 to 5 s; with a very short one all of them return at once after a restart.',
  fix: 'Send `retry: 3000`, or another number of milliseconds from 500 to 60000.',
  docs: 'docs/operations/shutdown.md',
  judge({ main }) {
    if (!main?.stream) return undefined
    const { retries, invalidRetries } = main.stream
    if (invalidRetries > 0) return warning('retry is not a whole number: clients ignore it')
    const last = retries.at(-1)
    if (last === undefined) return main.stream.bytes > 0 ? ok('None: browsers wait 3 to 5 s') : undefined
    if (last < 500) return warning(`retry: ${last}: after a restart all clients reconnect at once`)
    if (last > 60_000) return warning(`retry: ${last}: clients are away for ${seconds(last)}`)
    return ok(`retry: ${last}`)
  },
}

const names = ['open', 'error']

const eventNames: Check = {
  id: 'event-names',
  title: 'Event names',
  meaning:
    "No event is named `open` or `error`: a browser's EventSource has events of these names already, and calls their handlers.",
  fix: 'Give the event another name.',
  docs: 'docs/guides/other-clients.md',
  judge({ main }) {
    if (!main?.stream) return undefined
    const { items } = main.stream
    // The streams of these have their own clients, which expect it.
    if (!dialectOf(main.head, main.stream).reconnects) return undefined
    const used = names.filter((name) => items.some(({ event }) => event === name))
    if (used.length > 0) return warning(`An event is named ${used.join(' and ')}`)
    return items.some(isAppEvent)
      ? ok([...new Set(items.filter(isAppEvent).map(({ event }) => event))].slice(0, 8).join(', '))
      : undefined
  },
}

const dialect: Check = {
  id: 'dialect',
  title: 'Dialect and clients',
  meaning:
    'Which protocol the events follow, and which clients can read it. Clients of some protocols fail on control events of another.',
  fix: 'Serve the stream with the dialect of its clients: `sse(…, { dialect: aiSdk() })`, `plain()` or `graphql()`.',
  docs: 'docs/guides/dialects.md',
  judge({ main, headerNames }) {
    if (!main?.stream) return undefined
    const { id, title, readers, isStrict } = dialectOf(main.head, main.stream)
    if (id === 'none') return unknown('No event arrived')
    if (isStrict && hasControlEvents(main.stream))
      return problem(`${title}, with control events of @sse in between, on which its clients fail`)
    const needsHeaders = headerNames.some((name) => name !== 'cookie')
    const but = needsHeaders ? '. EventSource cannot send your headers' : ''
    return ok(`${title}. Read by ${readers}${but}`)
  },
}

export const CONTENT_CHECKS: readonly Check[] = [format, size, retry, eventNames, dialect]
