import type { Gap } from '@sse/contract'
import { CONTROL } from '@sse/contract/protocol'
import type { Frame } from './frames.ts'
import type { Content } from './publication.ts'
import type { ReaderConnection } from './reader-connection.ts'

/** An event of the model's hubs, as a loop receives it. */
interface LoopEvent {
  readonly id: string
  readonly event: string
  readonly payload: Content | Gap
}

/** A loop over a subscription. While it does not flow, it keeps the event it has and asks for no more. */
export class LoopConnection implements ReaderConnection {
  readonly frames: Frame[] = []
  isOpen = false
  isEnded = false
  refusal: string | undefined
  readonly #iterator: AsyncIterator<LoopEvent>
  #isFlowing = true
  #isAsking = false

  constructor(subscription: AsyncIterable<LoopEvent>) {
    this.#iterator = subscription[Symbol.asyncIterator]()
    this.#ask()
    this.isOpen = true
  }

  get isFull(): boolean {
    return !this.#isAsking && !this.isEnded
  }

  setFlowing(isFlowing: boolean): void {
    this.#isFlowing = isFlowing
    if (isFlowing && this.isFull) this.#ask()
  }

  drop(): void {
    this.isEnded = true
    this.#iterator.return?.()
  }

  #ask(): void {
    this.#isAsking = true
    this.#iterator.next().then(
      ({ done, value }) => {
        this.#isAsking = false
        if (done) this.isEnded = true
        if (this.isEnded) return
        const { id, event, payload } = value
        const name = event === 'gap' ? CONTROL.gap : event
        this.frames.push({ id, event: name, data: JSON.stringify(payload) })
        if (this.#isFlowing) this.#ask()
      },
      (error) => {
        this.refusal = String(error)
        this.isEnded = true
      },
    )
  }
}
