import { setTimeout as pause } from 'node:timers/promises'
import type { StreamInfo } from '@nats-io/jetstream'
import type { LogState } from '@sse/server'
import { failed } from '@sse/server/engine-kit'
import type { Connection } from './connection.ts'
import { codeOf, STREAM_NOT_FOUND } from './failure.ts'
import { type HubNames, randomName } from './hub-names.ts'
import { ensureLog, mark, readMark, type StreamSettings } from './streams.ts'

/** A log as the server described it, all in one answer. */
export interface SeenLog extends LogState {
  /** What its subjects start with. */
  readonly prefix: string
  /** Whether single messages were deleted by hand. */
  readonly hasHoles: boolean
  readonly isDirect: boolean
  /** When the oldest entry was stored, in milliseconds since 1970. */
  readonly oldestAt: number
}

/** Whether a new leader still has to catch up, or the log has lost its end, shows within this time. */
const LOOKS = 10
const LOOK_AGAIN_MS = 100

/**
 * Which log the server has, and how far it reaches.
 *
 * The epoch is when the stream was made, and a random part in its description, where the same answer of the server has
 * it that tells the positions. A log that ends before what this process has seen of it was restored, or has lost its
 * end: whoever notices first writes another part.
 */
export class LogWatch {
  readonly #names: HubNames
  readonly #settings: StreamSettings
  readonly #onNewEpoch: (epoch: string) => void
  #epoch = ''
  #head = 0

  constructor(names: HubNames, settings: StreamSettings, onNewEpoch: (epoch: string) => void) {
    this.#names = names
    this.#settings = settings
    this.#onNewEpoch = onNewEpoch
  }

  /** The epoch of the newest answer; `''` before the first. */
  get epoch(): string {
    return this.#epoch
  }

  /** Notes a position that the server has acknowledged. */
  note(epoch: string, position: number): void {
    if (epoch === this.#epoch) this.#head = Math.max(this.#head, position)
  }

  /** Asks the server. Makes the log if there is none. */
  async look(connection: Connection): Promise<SeenLog> {
    for (let looks = 1; ; looks += 1) {
      const [epochBefore, headBefore] = [this.#epoch, this.#head]
      const seen = this.#read(await this.#ask(connection), connection.where)
      if (seen.epoch === epochBefore && seen.head < headBefore) {
        if (looks < LOOKS) await pause(LOOK_AGAIN_MS)
        else {
          await connection.jsm.streams.update(this.#names.logStream, { description: mark(randomName()) })
          looks = 0
        }
        continue
      }
      this.#adopt(seen)
      return seen
    }
  }

  async #ask(connection: Connection): Promise<StreamInfo> {
    try {
      return await connection.jsm.streams.info(this.#names.logStream)
    } catch (error) {
      if (codeOf(error) !== STREAM_NOT_FOUND) throw error
      return ensureLog(connection, this.#names, this.#settings)
    }
  }

  #read(info: StreamInfo, where: string): SeenLog {
    const part = readMark(info, where)
    const { config, state, created } = info
    const [subject = '', ...others] = config.subjects ?? []
    const prefix = subject.slice(0, -1)
    const isOurs = new RegExp(`^${this.#names.logPrefix('[\\w-]+').replaceAll('.', '\\.')}>$`).test(subject)
    if (!isOurs || others.length > 0) {
      throw failed(
        `NATS at ${where} has a stream ${config.name} whose subjects were changed: they have to be ${this.#names.logPrefix('<generation>')}>`,
      )
    }
    return {
      epoch: `${nanosOf(created).toString(36)}${part}`,
      head: state.last_seq,
      oldest: Math.max(1, state.messages === 0 ? state.last_seq + 1 : state.first_seq),
      prefix,
      hasHoles: (state.num_deleted ?? 0) > 0,
      isDirect: config.allow_direct,
      oldestAt: Date.parse(state.first_ts as unknown as string),
    }
  }

  /** Answers may overtake each other: what has been seen of an epoch never shrinks. */
  #adopt({ epoch, head }: SeenLog): void {
    if (epoch !== this.#epoch) {
      this.#epoch = epoch
      this.#head = 0
      this.#onNewEpoch(epoch)
    }
    this.#head = Math.max(this.#head, head)
  }
}

/** Of a time as `2026-11-23T07:05:35.926948077Z`. */
function nanosOf(time: string): bigint {
  const [, seconds = '', fraction = ''] = /^([^.Z]+)(?:\.(\d+))?Z$/.exec(time) ?? []
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9) || '0')
}
