import { type Periodic, startPeriodic, stopPeriodic } from '../timing/periodic.ts'

/** The part of Node's HTTP/2 response that a probe uses. */
export interface ProbeResponse {
  readonly headersSent?: boolean
  destroy?(): unknown
  readonly stream?: ProbeStream | undefined
}

interface ProbeStream {
  readonly session?: object | undefined
  readonly destroyed?: boolean
  /** Bytes that wait for the window. */
  readonly writableLength?: number
}

/** How long a client has to open the windows of all its streams by a setting, in milliseconds. */
const SETTINGS_MS = 1_000
const CHECK_MS = 100

/** The newest probe of each session. */
const probes = new WeakMap<object, WindowProbe>()

/** Returns whether a response is the newest probe of its session. */
export function isProbe(res: ProbeResponse): boolean {
  const session = res.stream?.session
  return session !== undefined && probes.get(session)?.res === res
}

/**
 * Lets one stream of an HTTP/2 session start although its window may be closed. Node does not expose a stream's window:
 * for a client that opens each stream by `WINDOW_UPDATE` the first bytes show it. The next stream of the session starts
 * when those of the last one have left.
 *
 * @param waitedMs - how long the stream has waited for its window.
 * @returns whether the stream may start.
 */
export function startProbe(res: ProbeResponse, waitedMs: number, timeoutMs: number): boolean {
  const session = res.stream?.session
  if (!session) return false
  const last = probes.get(session)
  if (last ? !last.isOver : waitedMs < SETTINGS_MS) return false
  probes.set(session, new WindowProbe(res, timeoutMs))
  return true
}

/** A stream whose first bytes wait for its window. Closes it if they do not leave in time. */
class WindowProbe implements Periodic {
  readonly res: ProbeResponse
  readonly #timeoutMs: number
  #stalledSince = Number.NaN
  /** Whether its bytes have left, or its stream is closed. */
  isOver = false

  constructor(res: ProbeResponse, timeoutMs: number) {
    this.res = res
    this.#timeoutMs = timeoutMs
    startPeriodic(this, CHECK_MS)
  }

  tick(): void {
    const { headersSent, stream } = this.res
    if (stream?.destroyed !== false || (headersSent && stream.writableLength === 0)) this.#end()
    else if (!headersSent) return
    else if (Number.isNaN(this.#stalledSince)) this.#stalledSince = performance.now()
    else if (performance.now() - this.#stalledSince >= this.#timeoutMs) {
      this.#end()
      this.res.destroy?.()
    }
  }

  #end(): void {
    this.isOver = true
    stopPeriodic(this, CHECK_MS)
  }
}
