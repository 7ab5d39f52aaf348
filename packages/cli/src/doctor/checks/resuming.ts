import { type Check, type Finding, ok, problem, unknown, warning } from '../check.ts'
import { dialectOf } from '../dialect.ts'
import type { Exchange } from '../observations.ts'
import { compareResumed, eventsWithIds, isAppEvent } from '../probes/resume-point.ts'
import { count, type Timing } from '../timing.ts'

const MAX_ID_CHARS = 1_024

const ids: Check = {
  id: 'ids',
  title: 'Ids',
  meaning:
    'Every event has an id, ids differ, and numbers grow. Without ids a client that reconnects cannot say what it has.',
  fix: 'Send `id: …` with each event: the position in your log, such as the row of a table.',
  docs: 'docs/guides/gaps-and-state.md',
  judge({ main }) {
    if (!main?.stream || !dialectOf(main.head, main.stream).reconnects) return undefined
    const events = main.stream.items.filter(isAppEvent)
    const withIds = eventsWithIds(main.stream.items)
    if (events.length === 0)
      return main.stream.items.some(({ id }) => id)
        ? ok('The stream names its position')
        : unknown('No event arrived')
    if (withIds.length === 0)
      return warning('Events have no ids: what is sent while a client is away is lost to it')
    const values = withIds.map(({ id }) => id)
    if (new Set(values).size < values.length)
      return problem(`The id "${findRepeated(values)}" is used more than once`)
    const long = values.find((id) => id.length > MAX_ID_CHARS)
    if (long !== undefined) return warning(`An id has ${long.length} characters: servers refuse such headers`)
    const fallen = findFallen(values)
    if (fallen) return warning(`Ids do not grow: "${fallen[1]}" follows "${fallen[0]}"`)
    if (withIds.length < events.length) return ok(`${withIds.length} of ${events.length} events have one`)
    return ok(`Each event has one, such as "${values.at(-1)}"`)
  },
}

function findRepeated(values: readonly string[]): string | undefined {
  return values.find((value, index) => values.indexOf(value) < index)
}

/** Two ids in a row that are whole numbers, the second smaller. */
function findFallen(values: readonly string[]): [string, string] | undefined {
  if (!values.every((id) => /^\d{1,18}$/.test(id))) return undefined
  const index = values.findIndex((id, at) => at > 0 && BigInt(id) < BigInt(values[at - 1] as string))
  return index > 0 ? [values[index - 1] as string, values[index] as string] : undefined
}

/** A second connection gets less time than the first, so that all of it is known soon. */
function isSlow({ head }: Exchange, { promptMs }: Timing): Finding | undefined {
  return head.headersMs > promptMs ? unknown('No response in time; the first one was late too') : undefined
}

const ASK_LATER = 'The server limits connections: close others, or try again later.'

const RESUME_FIX =
  'Read the request header `Last-Event-ID`, and send what your log has after that id. A proxy must pass the header on.'

const resume: Check = {
  id: 'resume',
  title: 'Resuming',
  meaning: 'A second connection with `Last-Event-ID` gets exactly the events that followed on that id.',
  fix: RESUME_FIX,
  docs: 'docs/guides/gaps-and-state.md',
  judge({ main, resume: probe }, timing) {
    if (!main?.stream || !dialectOf(main.head, main.stream).reconnects) return undefined
    if (!probe) {
      const withIds = eventsWithIds(main.stream.items).length
      if (withIds > 1) return unknown('Ids repeat: there is nothing to compare')
      if (withIds === 0 && main.stream.items.some(isAppEvent)) return unknown('Events have no ids')
      return unknown('Fewer than two events with ids arrived', 'Publish some events while the doctor runs.')
    }
    const { point, exchange } = probe
    if (!exchange)
      return isSlow(main, timing) ?? problem(`The connection after id "${point.id}" got no response`)
    const after = `after id "${point.id}"`
    const followed = count(point.expected.length, 'event')
    const { status } = exchange.head
    if (status === 429 || status === 503) return unknown(`The second connection got ${status}`, ASK_LATER)
    if (!exchange.stream)
      return problem(`The connection ${after} got ${status}, but ${followed} followed before`)
    const result = compareResumed(point, exchange.stream.items)
    switch (result.kind) {
      case 'exact':
        return ok(`Exact ${after} (${result.count} compared)`)
      case 'gap':
        return warning(
          `The history does not reach back to an id that is some seconds old (sse.gap)`,
          'Raise the retention of the hub, or its `ring`.',
        )
      case 'nothing':
        return problem(`Nothing arrived ${after}, but ${followed} followed before`)
      case 'repeated':
        return problem(
          `The event of id "${point.id}" is sent again`,
          'Send what comes after the id, not from it on.',
        )
      case 'restarted':
        return problem(`The id is ignored: the stream starts again before id "${point.id}"`)
      case 'ignored':
        return problem(`The id is ignored: the stream continues with other events than those ${after}`)
      case 'missing':
        return problem(`${count(result.count, 'event')} missing ${after}`)
      case 'changed':
        return problem(`An event ${after} has another content than before`)
      case 'disordered':
        return problem(`The events ${after} are in another order than before`)
    }
  },
}

const end: Check = {
  id: 'end',
  title: 'End',
  meaning:
    'After the end of a stream, a browser that reconnects is answered with 204, and stops. Otherwise it reconnects again and again.',
  fix: 'Answer 204 if `Last-Event-ID` is the last id of a stream that is over, or end a stream only when it should be opened again.',
  docs: 'docs/reference/protocol.md#end',
  judge({ main, end: probe }, timing) {
    if (!main?.stream) return undefined
    const { ending } = main.stream
    const { id, reconnects, title } = dialectOf(main.head, main.stream)
    if (id === 'none') return undefined
    if (!reconnects) return ok(`Clients of the ${title} do not reconnect`)
    if (ending === 'cut' || ending === 'limit') return undefined
    if (!probe) return unknown('The stream did not end while the doctor listened')
    const { lastEventId, exchange } = probe
    const sent = lastEventId === undefined ? 'without an id' : `with id "${lastEventId}"`
    if (!exchange) return isSlow(main, timing) ?? problem(`The reconnect ${sent} got no response`)
    const { status } = exchange.head
    if (status === 204) return ok(`The reconnect ${sent} is answered with 204`)
    if (status !== 200)
      return warning(`The reconnect ${sent} is answered with ${status}: browsers stop with an error`)
    const first = exchange.stream?.items.find(isAppEvent)
    const known = main.stream.items.some(
      (item) => isAppEvent(item) && item.id === first?.id && item.data === first?.data,
    )
    if (first && !known && lastEventId !== undefined) return ok(`The reconnect ${sent} gets more events`)
    return warning(
      `The stream ended, and the reconnect ${sent} is answered with 200: browsers open it again and again`,
    )
  },
}

export const RESUMING_CHECKS: readonly Check[] = [ids, resume, end]
