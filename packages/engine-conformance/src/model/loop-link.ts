import type { LogEvent } from '@sse/server/engine-kit'
import type { Frame } from './frames.ts'
import type { Link } from './link.ts'

/** A loop over a subscription; one that does not flow has its event in hand, and asks for no more. */
export class LoopLink implements Link {
  readonly frames: Frame[] = []
  isOpen = false
  isEnded = false
  refusal: string | undefined
  readonly #iterator: AsyncIterator<LogEvent>
  #isFlowing = true
  #isAsking = false

  constructor(subscription: AsyncIterable<LogEvent>) {
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
        const name = event === 'gap' ? 'sse.gap' : event
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
