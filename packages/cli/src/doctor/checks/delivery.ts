import { type Check, type Finding, ok, problem, unknown, warning } from '../check.ts'
import { isEventStream, type StreamFacts } from '../observations.ts'
import { lagOf } from '../probes/lag.ts'
import { isHeartbeat } from '../probes/resume-point.ts'
import { seconds, type Timing } from '../timing.ts'

const prompt: Check = {
  id: 'first-byte',
  title: 'First byte',
  meaning:
    'Headers arrive at once, and a byte right after them: until then some browsers and proxies show no open stream.',
  fix: 'Send headers before the work begins (`res.flushHeaders()` in Node), and a comment line, `:`, as the first bytes.',
  docs: 'docs/reference/protocol.md#response',
  judge({ main }, { promptMs }) {
    if (!main?.stream) return undefined
    const { headersMs } = main.head
    if (headersMs > promptMs) return warning(`The headers came after ${seconds(headersMs)}`)
    const first = main.stream.arrivals[0]
    const waitedMs = (first?.atMs ?? main.stream.endMs) - headersMs
    if (waitedMs > promptMs)
      return warning(
        `No byte within ${seconds(waitedMs)} after the headers, which came after ${seconds(headersMs)}`,
      )
    if (!first) return undefined
    return ok(`Headers after ${seconds(headersMs)}, the first byte ${seconds(waitedMs)} later`)
  },
}

/** With that much in a few seconds, the doctor itself pauses. */
const BULK_BYTES = 2 * 1024 * 1024

const BUFFERING_FIX =
  'nginx: `proxy_buffering off;`, and no `proxy_ignore_headers X-Accel-Buffering`. Varnish: no `set beresp.do_stream = false`. Otherwise compare with the address of the server itself: what lies between the two holds events back.'

const buffering: Check = {
  id: 'buffering',
  title: 'Buffering',
  meaning: 'Events arrive when they are sent: not in blocks, and not together with the end of the response.',
  fix: BUFFERING_FIX,
  docs: 'docs/operations/in-your-stack.md#buffers-and-compression',
  judge({ main, headAnswer, failure }, timing) {
    if (failure?.kind === 'silent' && isEventStream(headAnswer))
      return problem(`${failure.message} to GET, but HEAD is answered at once: the response is held back`)
    if (!main?.stream) return undefined
    return judgeArrivals(main.stream, timing)
  },
}

function judgeArrivals({ arrivals, items, endMs, ending, bytes }: StreamFacts, timing: Timing): Finding {
  const { pauseMs, promptMs } = timing
  const first = arrivals[0]
  if (!first)
    return unknown(
      'Not a byte arrived: the server sent nothing, or it is held back',
      'Send an event while the doctor runs, or heartbeats.',
    )
  const isPauseAfter = (index: number) =>
    (arrivals[index + 1]?.atMs ?? endMs) - (arrivals[index]?.atMs ?? 0) > pauseMs
  const inLine = arrivals.filter(({ isMidLine }, index) => isMidLine && isPauseAfter(index)).length
  const pauses = arrivals.filter((_, index) => isPauseAfter(index)).length
  // A slow network also stops in the middle of a line, but not every other time.
  if (inLine >= 3 && inLine >= pauses / 2 && bytes < BULK_BYTES)
    return problem(
      `${inLine} times the bytes stopped in the middle of a line: they arrive in blocks, when a buffer is full`,
    )
  const events = items.filter(({ event }) => event !== undefined).length
  const togetherMs = ending === 'open' ? Number.POSITIVE_INFINITY : endMs - first.atMs
  if (togetherMs < Math.max(pauseMs, endMs / 10) && first.atMs > promptMs && events > 1)
    return problem(`All ${events} events arrived together with the end, after ${seconds(endMs)}`)
  if (togetherMs < pauseMs)
    return unknown(`Everything came within ${seconds(pauseMs)}: too short a stream to tell`)
  return ok('What is sent arrives at once')
}

const compression: Check = {
  id: 'compression',
  title: 'Compression',
  meaning:
    'A client that accepts compression, as every browser does, gets events as soon as one that does not.',
  fix: 'Do not compress text/event-stream. Caddy: `@pages not header Accept *text/event-stream*`, then `encode @pages gzip`. nginx: no text/event-stream in `gzip_types`.',
  docs: 'docs/guides/proxies.md#caddy',
  judge({ main, compressed, headerNames }, { promptMs }) {
    if (!main?.stream) return undefined
    const forced = main.head.headers['content-encoding']
    if (forced !== undefined && forced !== 'identity' && !headerNames.includes('accept-encoding'))
      return problem(`content-encoding: ${forced}, although the request did not accept it`)
    if (!compressed) return unknown('The second connection got no response')
    if (!compressed.stream) return unknown(`The second connection got ${compressed.head.status}`)
    const coding = compressed.head.headers['content-encoding']
    if (coding === undefined || coding === 'identity') return ok('Not compressed')
    const { stream } = compressed
    if (stream.error !== undefined && !/aborted|ECONNRESET/i.test(stream.error))
      return problem(`${coding}, which cannot be read: ${stream.error}`)
    const lagMs = lagOf(main, compressed)
    const hasEvent = stream.items.length > 0
    if (lagMs !== undefined && lagMs > promptMs)
      return problem(
        hasEvent
          ? `${coding}: the first event came ${seconds(lagMs)} later than without compression`
          : `${coding}: no event within ${seconds(lagMs)} in which others arrived without compression`,
      )
    if (!hasEvent) return unknown(`${coding}, but no event arrived to compare`)
    return ok(`${coding}, and events arrive at once`)
  },
}

const heartbeat: Check = {
  id: 'heartbeat',
  title: 'Heartbeats',
  meaning:
    'A quiet stream sends something, such as a comment line, before anything on the way closes a quiet connection.',
  fix: 'Send a comment line, `:` and a line end, every 15 s (`heartbeatMs` of a contract, `ping` of sse-starlette).',
  docs: 'docs/operations/in-your-stack.md#timeouts-of-proxies',
  judge({ main, isLong }, timing) {
    if (!main?.stream) return undefined
    const { arrivals, endMs } = main.stream
    const silenceMs = longestSilence(main.stream)
    const beats = heartbeatTimes(main.stream)
    const cut = timing.cutOffs.filter(({ ms }) => ms <= silenceMs)
    if (cut.length > 0)
      return problem(
        `Nothing for ${seconds(silenceMs)}: longer than ${cut.map(({ name }) => name).join(', ')} wait by default`,
      )
    if (silenceMs > timing.heartbeatMs)
      return warning(`Nothing for ${seconds(silenceMs)}, close to what proxies allow`)
    const [first, ...later] = beats
    if (first !== undefined) {
      const distances = later.map((atMs, index) => atMs - (beats[index] as number)).sort((a, b) => a - b)
      const middle = distances[distances.length >> 1]
      return ok(middle === undefined ? `One, after ${seconds(first)}` : `Every ${seconds(middle)}`)
    }
    const quiet = endMs - (arrivals.at(-1)?.atMs ?? 0)
    if (quiet < silenceMs / 2 || quiet < timing.promptMs)
      return unknown(`None was due: the longest pause was ${seconds(silenceMs)}`)
    const fix = isLong ? undefined : 'Run with --long, which listens longer than proxies wait.'
    return unknown(`None within ${seconds(quiet)}`, fix)
  },
}

/** Comments after the first bytes, with which servers begin, and events that are heartbeats. */
function heartbeatTimes({ commentsAtMs, items, arrivals }: StreamFacts): number[] {
  const startMs = arrivals[0]?.atMs ?? 0
  const comments = commentsAtMs.filter((atMs) => atMs > startMs + 50)
  const events = items
    .filter(({ event }) => event !== undefined && isHeartbeat(event))
    .map(({ atMs }) => atMs)
  return [...comments, ...events].sort((a, b) => a - b)
}

function longestSilence({ arrivals, endMs, ending }: StreamFacts): number {
  const times = [...arrivals.map(({ atMs }) => atMs), ...(ending === 'cut' ? [] : [endMs])]
  return times.reduce((longest, atMs, index) => Math.max(longest, atMs - (times[index - 1] ?? atMs)), 0)
}

const cutOff: Check = {
  id: 'cut-off',
  title: 'Idle cut-off',
  meaning:
    'Nothing breaks the connection off. With `--long` the doctor listens longer than common proxies allow a connection to be quiet.',
  fix: 'Send heartbeats more often than that, or raise the timeout. nginx: `proxy_read_timeout 1h;`. HAProxy: `timeout server 1h`. Varnish: `between_bytes_timeout`. Envoy: `timeout: 0s` in the route.',
  docs: 'docs/operations/in-your-stack.md#timeouts-of-proxies',
  judge({ main, isLong }, timing) {
    if (!main?.stream) return undefined
    const { ending, endMs, arrivals, error } = main.stream
    const quietMs = endMs - (arrivals.at(-1)?.atMs ?? main.head.headersMs)
    if (ending === 'cut') {
      const because =
        quietMs > timing.pauseMs ? `after ${seconds(quietMs)} of silence` : 'in the middle of the stream'
      return problem(
        `Broken off after ${seconds(endMs)}, ${because}${error === undefined ? '' : ` (${error})`}`,
      )
    }
    if (ending === 'limit') return ok(`Left after ${seconds(endMs)}`)
    const silenceMs = longestSilence(main.stream)
    const known = timing.cutOffs.filter(({ ms }) => ms < silenceMs).length
    if (known === timing.cutOffs.length) return ok(`Open after ${seconds(silenceMs)} of silence`)
    if (heartbeatTimes(main.stream).length > 0) return ok(`Open for ${seconds(endMs)}, with heartbeats`)
    if (ending === 'ended') return ok(`Complete after ${seconds(endMs)}`)
    const fix = isLong ? undefined : 'Run with --long, while the stream is quiet.'
    return unknown(`Open for ${seconds(endMs)}; the longest pause was ${seconds(silenceMs)}`, fix)
  },
}

export const DELIVERY_CHECKS: readonly Check[] = [prompt, buffering, compression, heartbeat, cutOff]
