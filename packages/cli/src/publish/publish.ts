import { parseUrl } from '../arguments.ts'
import type { CommandContext } from '../command-context.ts'
import { parseEngineAddress } from '../engine/address.ts'
import type { HubName } from '../engine/open-inspector.ts'
import { printableLine } from '../printable.ts'
import { openHttpPublisher } from './http-publisher.ts'
import { openHubPublisher } from './hub-publisher.ts'
import type { Publisher } from './publisher.ts'
import { complete, type EventDefaults, type OutgoingEvent, parsePayload, readEvents } from './read-events.ts'

export interface PublishOptions extends HubName {
  readonly channel?: string
  readonly key?: string
  readonly idempotencyKey?: string
  readonly create?: boolean
  readonly header?: Readonly<Record<string, string>>
  /** Milliseconds. */
  readonly timeout: number
  readonly json?: boolean
}

/** Events in flight: enough that a connection is never idle. */
const MAX_IN_FLIGHT = 256

/** Publishes one event, or each line of standard input, and prints the ids in order. */
export async function publish(
  target: string,
  event: string,
  data: string | undefined,
  options: PublishOptions,
  context: CommandContext,
): Promise<void> {
  const { terminal, signal } = context
  const input = process.stdin
  const defaults = pickDefaults(options)
  const isLines = event === '-' || data === '-'
  const events = isLines
    ? readEvents(input, event === '-' ? defaults : { ...defaults, event })
    : [complete({ ...defaults, event, payload: parsePayload(data) })]
  const publisher = await openPublisher(target, options, context)
  let count = 0
  const print = ({ event, channel }: OutgoingEvent, id: string) => {
    count += 1
    if (options.json) terminal.printJson({ id, event, channel })
    else terminal.print(printableLine(id))
  }
  const stopReading = () => void input.destroy()
  if (isLines) signal.addEventListener('abort', stopReading)
  try {
    await publishAll(events, publisher, print, signal)
  } finally {
    signal.removeEventListener('abort', stopReading)
    if (isLines) terminal.note(`${count.toLocaleString('en')} published`)
    await publisher.close()
  }
}

async function publishAll(
  events: Iterable<OutgoingEvent> | AsyncIterable<OutgoingEvent>,
  publisher: Publisher,
  print: (event: OutgoingEvent, id: string) => void,
  signal: AbortSignal,
): Promise<void> {
  /** Prints ids in the order of the events; rejects with the first failure. */
  let printed: Promise<void> = Promise.resolve()
  let hasFailed = false
  const inFlight = new Set<Promise<unknown>>()
  try {
    for await (const event of events) {
      const id = publisher.publish(event)
      const settled = id.catch(() => {
        hasFailed = true
      })
      inFlight.add(settled)
      settled.then(() => inFlight.delete(settled))
      printed = printed.then(async () => print(event, await id))
      printed.catch(() => {}) // thrown below
      if (inFlight.size >= MAX_IN_FLIGHT) await Promise.race(inFlight)
      if (hasFailed || signal.aborted) break
    }
  } catch (error) {
    if (!signal.aborted) {
      await printed
      throw error
    }
  }
  await printed
}

async function openPublisher(
  target: string,
  options: PublishOptions,
  { terminal }: CommandContext,
): Promise<Publisher> {
  if (/^https?:/i.test(target)) return openHttpPublisher(parseUrl(target), options)
  const address = parseEngineAddress(target)
  terminal.note('names and payloads are not checked: the command line has no contract')
  return openHubPublisher(address, {
    ...options,
    create: options.create === true,
    onWarning: (message) => terminal.note(`warning: ${printableLine(message)}`),
  })
}

function pickDefaults({ channel, key, idempotencyKey }: PublishOptions): EventDefaults {
  return {
    ...(channel !== undefined && { channel }),
    ...(key !== undefined && { key }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  }
}
