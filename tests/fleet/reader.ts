import { connect, type Feed } from '@sse/client'
import { type Beat, beats } from './beats.ts'
import { type Place, placeOf } from './place.ts'
import type { FleetServer } from './server.ts'

/** What a reader got between two gaps: of one log, from a place on. */
export interface Stretch extends Place {
  /** Why it began; undefined for the first. */
  readonly gap: string | undefined
  readonly positions: number[]
  readonly serials: number[]
}

/** A client over any number of connections and servers, and all that it was told, in order. */
export class Reader {
  readonly name: string
  readonly channels: readonly string[]
  readonly stretches: Stretch[]
  readonly problems: string[] = []
  connects = 0
  lastSerial = 0
  #feed: Feed<{ beat: Beat }> | undefined
  #lastEventId: string
  readonly #onBeat: (beat: Beat) => void

  /** @param start - the id after which it begins. */
  constructor(
    name: string,
    channels: readonly string[],
    start: string,
    onBeat: (beat: Beat) => void = () => {},
  ) {
    this.name = name
    this.channels = channels
    this.#lastEventId = start
    this.#onBeat = onBeat
    this.stretches = [{ ...placeOf(start), gap: undefined, positions: [], serials: [] }]
  }

  get isOpen(): boolean {
    return this.#feed?.status.state === 'open'
  }

  get gaps(): number {
    return this.stretches.length - 1
  }

  get received(): number {
    return this.stretches.reduce((sum, { positions }) => sum + positions.length, 0)
  }

  /** Goes on after the last id that it got, at this server. */
  follow(server: FleetServer): void {
    this.leave()
    const feed = connect(beats, {
      baseUrl: server.origin,
      params: { channels: this.channels.join('+') },
      reconnect: { jitterMs: 10, maxJitterMs: 300 },
      lastEventId: this.#lastEventId,
      onError: () => {},
    })
    this.#feed = feed
    feed.onStatus((status) => {
      if (status.state === 'open') this.connects += 1
      if (status.state === 'closed' && this.#feed === feed) {
        this.problems.push(
          `its feed ended for good: ${status.reason === 'error' ? status.error : status.reason}`,
        )
      }
    })
    feed.on('gap', ({ reason }, { id }) =>
      this.stretches.push({ ...placeOf(id), gap: reason, positions: [], serials: [] }),
    )
    feed.on('beat', (beat, { id }) => this.#take(beat, placeOf(id)))
  }

  leave(): void {
    if (!this.#feed) return
    this.#lastEventId = this.#feed.lastEventId || this.#lastEventId
    const feed = this.#feed
    this.#feed = undefined // so that it is known who has closed it
    feed.close()
  }

  #take(beat: Beat, { epoch, position }: Place): void {
    const stretch = this.stretches.at(-1) as Stretch
    if (epoch !== stretch.epoch) {
      this.problems.push(`${epoch}-${position} came after ${stretch.epoch}, and no gap was said`)
      return
    }
    stretch.positions.push(position)
    stretch.serials.push(beat.serial)
    this.lastSerial = beat.serial
    this.#onBeat(beat)
  }
}
