import type { Gap, PayloadInput, StreamContract } from '@sse/contract'
import {
  CONTROL,
  createEventEncoder,
  END_ID,
  type EventEncoder,
  encodeComment,
  encodeMessage,
  encodePayload,
} from '@sse/contract/protocol'
import { Body } from './body.ts'
import type { FakeEnd, FakeStream } from './fake-stream.ts'
import type { History, StartPosition } from './history.ts'
import type { SeenRequest } from './seen-request.ts'

/** State that all connections of a server share. */
export class FakeLog<Contract extends StreamContract> {
  readonly contract: Contract
  readonly history: History
  readonly #encode: EventEncoder<Contract>
  retryMs: number | undefined
  isSplit = false
  /** Ends of runs, by the pathname of their stream. */
  readonly ends: Map<string, FakeEnd> = new Map()

  constructor(contract: Contract, history: History) {
    this.contract = contract
    this.history = history
    this.#encode = createEventEncoder(contract, Number.POSITIVE_INFINITY)
  }

  store<Name extends keyof Contract['events'] & string>(
    name: Name,
    payload: PayloadInput<Contract, Name>,
    audience?: string,
  ): ReturnType<History['append']> {
    return this.history.append((id) => this.#encode(name, payload, { id }).frame, audience)
  }

  storeInvalid(name: string, payload: unknown, audience?: string): ReturnType<History['append']> {
    const data = encodePayload(name, payload)
    return this.history.append((id) => encodeMessage({ id, event: name, data }), audience)
  }
}

/** Open response of a fake server. */
export class FakeConnection<Contract extends StreamContract = StreamContract>
  implements FakeStream<Contract>
{
  readonly request: SeenRequest
  readonly #body = new Body(() => this.#close())
  readonly #log: FakeLog<Contract>
  readonly #encoder = new TextEncoder()
  readonly #onClosed: () => void
  readonly #heartbeat: ReturnType<typeof setInterval> | undefined
  #isOpen = true
  /** Text that a stalled connection holds back. */
  #held: string | undefined

  /** @internal */
  constructor(log: FakeLog<Contract>, request: SeenRequest, onClosed: (closed: FakeConnection) => void) {
    this.request = request
    this.#log = log
    this.#onClosed = () => onClosed(this as unknown as FakeConnection)
    const { heartbeatMs } = log.contract
    if (heartbeatMs < Infinity) {
      this.#heartbeat = setInterval(() => this.#held ?? this.heartbeat(), heartbeatMs)
      // Does not keep a process alive.
      ;(this.#heartbeat as { unref?: () => void }).unref?.()
    }
    this.#begin(log.history.startPosition(request.lastEventId))
  }

  /** Parameters of the contract's path, decoded. */
  get params(): Readonly<Record<string, string>> {
    return this.request.params
  }

  /** `false` once either side has closed the response. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  send<Name extends keyof Contract['events'] & string>(
    name: Name,
    payload: PayloadInput<Contract, Name>,
  ): string {
    return this.#write(this.#log.store(name, payload, this.#audience))
  }

  sendInvalid(name: string, payload: unknown): string {
    return this.#write(this.#log.storeInvalid(name, payload, this.#audience))
  }

  raw(text: string): void {
    if (!this.#isOpen) return
    if (this.#held !== undefined) {
      this.#held += text
      return
    }
    const bytes = this.#encoder.encode(text)
    if (!this.#log.isSplit) this.#body.write(bytes)
    else for (const byte of bytes) this.#body.write(Uint8Array.of(byte))
  }

  retry(ms: number): void {
    this.raw(encodeMessage({ retry: ms }))
  }

  heartbeat(): void {
    this.raw(encodeMessage({ id: this.#id(), event: CONTROL.heartbeat }))
  }

  end(end?: FakeEnd): void {
    if (end) this.#log.ends.set(this.request.url.pathname, end)
    const data = end ? { data: JSON.stringify(end) } : {}
    this.#finish(encodeMessage({ id: END_ID, event: CONTROL.end, ...data }))
  }

  error(code = 'internal', message = 'Internal error'): void {
    this.#finish(encodeMessage({ event: CONTROL.error, data: JSON.stringify({ code, message }) }))
  }

  drop(): void {
    if (!this.#isOpen) return
    this.#close()
    this.#body.end({ reason: new TypeError('The fake server dropped the connection') })
  }

  stall(): () => void {
    this.#held ??= ''
    return () => {
      const held = this.#held
      this.#held = undefined
      if (held) this.raw(held)
    }
  }

  /** @internal */
  get body(): ReadableStream<Uint8Array> {
    return this.#body.stream
  }

  /** @internal The client closed the connection. */
  abort(reason: unknown): void {
    this.#close()
    this.#body.abort(reason)
  }

  /** @internal Reports that history was lost. */
  sendGap(reason: Gap['reason']): void {
    this.raw(this.#gapFrame(reason, this.#log.history.head))
  }

  /** Writes the beginning of a hub's connection, in the same order. */
  #begin({ position, gap }: StartPosition): void {
    const { history, retryMs } = this.#log
    this.raw(
      (retryMs === undefined ? encodeComment() : encodeMessage({ retry: retryMs })) +
        (gap ? this.#gapFrame(gap, position) : '') +
        encodeMessage({ id: this.#id(position), event: CONTROL.open }),
    )
    const { trimmedUpTo } = history
    const missed = position < trimmedUpTo ? this.#gapFrame('trimmed', trimmedUpTo) : ''
    const frames = history.after(position, this.#audience).map(({ frame }) => frame)
    if (missed || frames.length > 0) this.raw(missed + frames.join(''))
  }

  #gapFrame(reason: Gap['reason'], position: number): string {
    const gap: Gap = { reason }
    if (reason === 'trimmed' && position < this.#log.history.head) gap.since = this.#id(position + 1)
    return encodeMessage({ id: this.#id(position), event: CONTROL.gap, data: JSON.stringify(gap) })
  }

  #write({ entry, id }: ReturnType<History['append']>): string {
    this.raw(entry.frame)
    return id
  }

  #finish(frame: string): void {
    if (!this.#isOpen) return
    // A stalled connection does not deliver its end either.
    if (this.#held !== undefined) return
    this.raw(frame)
    this.#close()
    this.#body.end()
  }

  #close(): void {
    this.#isOpen = false
    clearInterval(this.#heartbeat)
    this.#onClosed()
  }

  #id(position: number = this.#log.history.head): string {
    return this.#log.history.idOf(position)
  }

  get #audience(): string {
    const url = new URL(this.request.url)
    url.searchParams.delete('lastEventId')
    return url.href
  }
}
