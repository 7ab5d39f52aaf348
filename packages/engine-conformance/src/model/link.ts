import type { StreamContract } from '@sse/contract'
import { CONTROL } from '@sse/contract/protocol'
import { type Connection, Endpoint, nextTurn, type SharedFrames, type Sink } from '@sse/server/engine-kit'
import { type Frame, parseFrames } from './frames.ts'

/** A reader's way to a hub. What comes over it waits in `frames` until the reader takes it. */
export interface Link {
  readonly frames: Frame[]
  /** Whether the hub has begun to write. */
  readonly isOpen: boolean
  /** Whether the hub waits for room; `undefined` when that cannot be told. */
  readonly isFull: boolean | undefined
  readonly isEnded: boolean
  /** An answer that was no stream. */
  readonly refusal: string | undefined
  /** Whether the reader takes what is written. */
  setFlowing(isFlowing: boolean): void
  /** The reader leaves, without a word. */
  drop(): void
}

const decoder = new TextDecoder()

/** A connection as HTTP makes it, but for the socket: a sink of the model's own. */
export class SinkLink implements Link, Sink {
  readonly frames: Frame[] = []
  isOpen = false
  isFull = false
  isEnded = false
  refusal: string | undefined
  readonly #connection: Connection
  #isFlowing = true

  constructor(contract: StreamContract, subscribe: () => unknown, lastEventId: string | undefined) {
    const endpoint = new Endpoint({
      contract,
      options: { onError: () => {} },
      makeSource: subscribe,
      acks: undefined,
    })
    const request = { method: 'GET', header: lastEventId, query: undefined, params: {}, native: {} }
    const { connection, reply } = endpoint.stream(request)
    this.#connection = connection
    reply.then((answer) => {
      if (answer.connection) answer.connection.start(this)
      else this.refusal = `${answer.status} ${answer.body}`
    })
  }

  setFlowing(isFlowing: boolean): void {
    this.#isFlowing = isFlowing
    if (!isFlowing || !this.isFull) return
    this.isFull = false
    this.#connection.drained()
  }

  drop(): void {
    this.isEnded = true
    this.#connection.gone()
  }

  write(text: string): boolean {
    const frames = parseFrames(text)
    if (frames.some(({ event }) => event === CONTROL.open)) this.isOpen = true
    this.frames.push(...frames)
    if (!this.#isFlowing) this.isFull = true
    return this.#isFlowing
  }

  writeShared({ bytes }: SharedFrames): boolean {
    return this.write(decoder.decode(bytes))
  }

  end(): void {
    this.isEnded = true
    nextTurn(() => this.#connection.gone())
  }

  destroy(): void {
    this.end()
  }

  afterTurn(task: () => void): void {
    nextTurn(task)
  }

  closeTransport(): void {}
}
