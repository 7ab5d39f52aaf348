import { createNoopMeter, type Meter, type MeterProvider, metrics } from '@opentelemetry/api'
import { quietly } from './quietly.ts'

const NAME = '@sse/otel'
/** Interval at which a global provider is looked for that is not there yet, in milliseconds. */
const POLL_MS = 500

/**
 * Instruments that are made once there is a meter provider, and again when it is replaced. The metrics API has no proxy:
 * an instrument made before the app registers its provider would record nothing for ever.
 */
export class LateInstruments<Instruments> {
  readonly #given: MeterProvider | undefined
  readonly #make: (meter: Meter) => Instruments
  readonly #release: (instruments: Instruments) => void
  #provider: MeterProvider | undefined
  #made: Instruments | undefined
  #timer: ReturnType<typeof setInterval> | undefined

  /** @param release - called with the instruments of a provider that is replaced, and by `close`. */
  constructor(
    given: MeterProvider | undefined,
    make: (meter: Meter) => Instruments,
    release: (instruments: Instruments) => void,
  ) {
    this.#given = given
    this.#make = make
    this.#release = release
    if (this.get() || given) return
    this.#timer = setInterval(() => this.get(), POLL_MS)
    // A number outside Node.
    ;(this.#timer as { unref?: () => void }).unref?.()
  }

  /** Returns the instruments; `undefined` without a provider, or if it throws. */
  get(): Instruments | undefined {
    const provider = this.#given ?? metrics.getMeterProvider()
    if (provider === this.#provider) return this.#made
    this.#drop()
    this.#provider = provider
    this.#made = quietly(() => {
      const meter = provider.getMeter(NAME)
      return meter === createNoopMeter() ? undefined : this.#make(meter)
    })
    if (this.#made) clearInterval(this.#timer)
    return this.#made
  }

  close(): void {
    clearInterval(this.#timer)
    this.#drop()
  }

  #drop(): void {
    const made = this.#made
    this.#made = undefined
    if (made) quietly(() => this.#release(made))
  }
}
