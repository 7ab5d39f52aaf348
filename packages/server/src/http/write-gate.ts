import { SseError } from '@sse/contract'
import { type Periodic, startPeriodic, stopPeriodic } from '../timing/periodic.ts'
import { isProbe, type ProbeResponse, startProbe } from './window-probe.ts'

/** The part of Node's request that the gate uses. Written out: hosts of Fetch pass it too. */
export interface GateRequest {
  readonly socket: { readonly destroyed?: boolean; destroy(): unknown }
}

/** The part of Node's response that the gate uses. */
export interface GateResponse extends ProbeResponse {
  /** `null` while an earlier response of a pipelining client has it. */
  readonly socket: object | null
  readonly destroyed?: boolean
  readonly writableEnded: boolean
  once(event: 'socket', listener: () => void): unknown
  /** Set on HTTP/2. */
  readonly stream?: (ProbeResponse['stream'] & { readonly session?: Http2Session | undefined }) | undefined
}

interface Http2Session {
  readonly destroyed: boolean
  readonly remoteSettings: { readonly initialWindowSize?: number | undefined }
  /** `remoteWindowSize` is what the client still takes over all streams. */
  readonly state: { readonly remoteWindowSize?: number | undefined }
}

/** Interval at which a closed gate looks for a client that has left, an open window and the time limit. */
const CHECK_MS = 100
/**
 * Maximum number of requests of one socket that wait for their response. One more closes the socket: Node reads on while
 * nothing is written. Each costs about 6 KB, a third of it Node's.
 */
const MAX_WAITING = 1_000

// Bun and Deno implement `node:http` differently below the same names.
const isNode = !('Bun' in globalThis) && !('Deno' in globalThis)

const waiting = new WeakMap<object, number>()

/**
 * Waits until a response can be written, so that nothing starts for one that cannot. On HTTP/1.1 a response gets its
 * socket when the earlier ones of a pipelining client have ended. On HTTP/2 it is writable while the client's windows,
 * of the session and initially of a stream, are open. One stream of a session may also start to find out whether the
 * client opens its window by itself.
 *
 * @param leave - called if the client has left in the meantime.
 * @returns `undefined` if it can be written now, or if the runtime does not tell; otherwise a promise that resolves
 * when it can, or when the client has left, and rejects with `stalled` after `timeoutMs`.
 */
export function whenWritable(
  req: GateRequest,
  res: GateResponse,
  timeoutMs: number,
  leave: () => void,
): Promise<void> | undefined {
  if (!isNode || isWritable(res)) return undefined
  return new Promise<void>((resolve, reject) => {
    new WriteGate(req, res, timeoutMs, resolve, reject)
  }).finally(() => {
    // A response without a socket is not told that its client has left.
    if (isGone(req, res)) leave()
  })
}

/** Returns whether bytes written to a response can leave the process. */
export function isWritable(res: GateResponse): boolean {
  if (!('stream' in res)) return res.socket !== null
  const session = res.stream?.session
  if (!session || session.destroyed) return true // it is gone, which is noticed elsewhere
  if (session.state.remoteWindowSize === 0) return false
  return session.remoteSettings.initialWindowSize !== 0 || isProbe(res)
}

/** Returns whether the client has left, or the response is over. */
export function isGone(req: GateRequest, res: GateResponse): boolean {
  return res.destroyed || res.writableEnded || req.socket?.destroyed === true
}

class WriteGate implements Periodic {
  readonly #req: GateRequest
  readonly #res: GateResponse
  readonly #socket: object
  readonly #timeoutMs: number
  readonly #startedAt = performance.now()
  readonly #resolve: () => void
  readonly #reject: (error: SseError) => void

  constructor(
    req: GateRequest,
    res: GateResponse,
    timeoutMs: number,
    resolve: () => void,
    reject: (error: SseError) => void,
  ) {
    this.#req = req
    this.#res = res
    this.#socket = req.socket
    this.#timeoutMs = timeoutMs
    this.#resolve = resolve
    this.#reject = reject
    const count = (waiting.get(this.#socket) ?? 0) + 1
    waiting.set(this.#socket, count)
    startPeriodic(this, CHECK_MS)
    if (count > MAX_WAITING) req.socket.destroy()
    // Only HTTP/1.1 has this event: the next response of a pipelining client starts without a delay.
    res.once('socket', () => this.#open())
  }

  tick(): void {
    const waitedMs = performance.now() - this.#startedAt
    if (isWritable(this.#res) || isGone(this.#req, this.#res)) this.#open()
    else if (waitedMs >= this.#timeoutMs) {
      this.#stop()
      this.#reject(new SseError('stalled', `The response could not be written for ${this.#timeoutMs} ms`))
    } else if (startProbe(this.#res, waitedMs, this.#timeoutMs)) this.#open()
  }

  #open(): void {
    this.#stop()
    this.#resolve()
  }

  #stop(): void {
    stopPeriodic(this, CHECK_MS)
    waiting.set(this.#socket, (waiting.get(this.#socket) ?? 1) - 1)
  }
}
