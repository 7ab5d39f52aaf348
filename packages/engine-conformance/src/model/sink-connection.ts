import { CONTROL } from '@sse/contract/protocol'
import type { Subscription } from '@sse/server'
import { type FrameSink, type OpenedSubscription, openSubscription } from '@sse/server/engine-kit'
import { type Frame, parseFrames } from './frames.ts'
import type { ReaderConnection } from './reader-connection.ts'
import type { ModelContract } from './replica.ts'

export interface SinkConnectionOptions {
  readonly lastEventId: string | undefined
  readonly heartbeatMs: number
}

/** A connection as a response has it, without the network: its sink is the model's. */
export class SinkConnection implements ReaderConnection, FrameSink {
  readonly frames: Frame[] = []
  isOpen = false
  isFull = false
  isEnded = false
  refusal: string | undefined
  readonly #subscription: OpenedSubscription
  #isFlowing = true

  constructor(subscription: Subscription<ModelContract>, options: SinkConnectionOptions) {
    this.#subscription = openSubscription(subscription, { ...options, sink: this })
    this.#subscription.opened.catch((error) => {
      this.refusal = String(error)
    })
  }

  setFlowing(isFlowing: boolean): void {
    this.#isFlowing = isFlowing
    if (!isFlowing || !this.isFull) return
    this.isFull = false
    this.#subscription.drained()
  }

  drop(): void {
    this.isEnded = true
    this.#subscription.close()
  }

  write(text: string): boolean {
    const frames = parseFrames(text)
    if (frames.some(({ event }) => event === CONTROL.open)) this.isOpen = true
    this.frames.push(...frames)
    if (!this.#isFlowing) this.isFull = true
    return this.#isFlowing
  }

  end(): void {
    this.isEnded = true
  }
}
