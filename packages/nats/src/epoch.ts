import { setTimeout as pause } from 'node:timers/promises'
import type { StreamInfo } from '@nats-io/jetstream'
import { failed, type LogState, randomName, unavailable } from '@sse/server/engine-kit'
import type { NatsConnection } from './connection.ts'
import { codeOf, STREAM_NOT_FOUND } from './errors.ts'
import { isSameMessage, type MessageContent } from './message.ts'
import { serverRunOf } from './server-run.ts'
import { ensureLog, type LogMark, mark, RANDOM_LETTERS, readMark, type StreamSettings } from './streams.ts'
import type { HubNames } from './subjects.ts'

/** The state of a log, from one reply of the server. */
export interface SeenLog extends LogState {
  /** Beginning of its subjects. */
  readonly prefix: string
  /** Whether single messages were deleted by hand. */
  readonly hasHoles: boolean
  readonly isDirect: boolean
  /** Time the oldest entry was stored, in milliseconds since 1970. */
  readonly oldestAt: number
  readonly replicas: number
}

/** Attempts to read the state of a log whose epoch others change. */
const MAX_EPOCHS = 20
/** A new leader may have to catch up. After this time, the log has lost its end. */
const MAX_LOOKS = 10
const PAUSE_MS = 100

/**
 * Reads the state of the log, and detects when it was replaced.
 *
 * The epoch is the time the stream was created, and a part in its description: the same reply of the server contains
 * both and the positions. The first process that detects a loss writes another part. A log has lost entries if it ends
 * before a position that this process has seen, or if the newest entry that this process has seen is another one now:
 * then another process has appended since the loss.
 *
 * A log without replicas may have lost its end whenever its server was started again, and only processes that had seen
 * the end could tell. So its epoch ends with the run of the server: no process appends on a server before it has looked,
 * whichever comes first.
 */
export class LogWatch {
  readonly #names: HubNames
  readonly #settings: StreamSettings
  readonly #onNewEpoch: (epoch: string) => void
  #epoch = ''
  #latest: SeenLog | undefined
  #head = 0
  /** The newest entry of this epoch that this process has seen. */
  #newest: MessageContent | undefined
  #newestPosition = 0
  #isSuspect = false

  constructor(names: HubNames, settings: StreamSettings, onNewEpoch: (epoch: string) => void) {
    this.#names = names
    this.#settings = settings
    this.#onNewEpoch = onNewEpoch
  }

  /** Epoch of the latest reply; `''` before the first. */
  get epoch(): string {
    return this.#epoch
  }

  /** The log as the latest reply had it. */
  get latest(): SeenLog | undefined {
    return this.#latest
  }

  /** Notes an entry that the server has acknowledged or delivered. */
  note(epoch: string, position: number, message: MessageContent): void {
    if (epoch !== this.#epoch) return
    this.#head = Math.max(this.#head, position)
    if (position <= this.#newestPosition) return
    this.#newestPosition = position
    this.#newest = message
  }

  /** The next look checks that no entry was lost: after a reconnect, or when the log fell silent. */
  suspect(): void {
    this.#isSuspect = true
  }

  /** Reads the state of the log. Creates the log if it is missing. */
  async look(connection: NatsConnection): Promise<SeenLog> {
    let looks = 0
    for (let epochs = 0; epochs < MAX_EPOCHS; ) {
      looks += 1
      const [epochBefore, headBefore] = [this.#epoch, this.#head]
      const info = await this.#request(connection)
      const held = readMark(info, connection.where)
      const serverRun = serverRunOf(connection, info)
      if (serverRun !== '' && serverRun !== held.serverRun) {
        // The same part for all processes that look at the same time. A new log has no run yet.
        const part = held.serverRun === '' ? held.part : partOf(serverRun)
        await this.#write(connection, { part, serverRun })
        epochs += 1
        continue
      }
      const seen = readLog(info, held, this.#names, connection.where)
      if (seen.epoch === epochBefore && seen.head < headBefore) {
        this.#isSuspect = true
        if (looks < MAX_LOOKS) {
          await pause(PAUSE_MS)
          continue
        }
      } else if (!this.#isSuspect || (await this.#isIntact(connection, seen))) {
        this.#isSuspect = false
        this.#adopt(seen)
        return seen
      }
      await this.#write(connection, { ...held, part: randomName(RANDOM_LETTERS) })
      epochs += 1
      looks = 0
    }
    throw unavailable(`The epoch of the log on NATS at ${connection.where} changes again and again`)
  }

  /** Returns whether the newest entry that this process has seen is unchanged, or was trimmed. */
  async #isIntact({ jsm }: NatsConnection, { epoch, oldest }: SeenLog): Promise<boolean> {
    const newest = this.#newest
    if (!newest || epoch !== this.#epoch || this.#newestPosition < oldest) return true
    const stored = await jsm.streams.getMessage(this.#names.logStream, { seq: this.#newestPosition })
    if (!stored) return true // deleted by hand: a hole, which reads report as trimmed
    return isSameMessage(newest, { subject: stored.subject, data: stored.data, headers: stored.header })
  }

  async #write({ jsm }: NatsConnection, logMark: LogMark): Promise<void> {
    await jsm.streams.update(this.#names.logStream, { description: mark(logMark) })
  }

  async #request(connection: NatsConnection): Promise<StreamInfo> {
    try {
      return await connection.jsm.streams.info(this.#names.logStream)
    } catch (error) {
      if (codeOf(error) !== STREAM_NOT_FOUND) throw error
      return ensureLog(connection, this.#names, this.#settings)
    }
  }

  /** Replies may overtake each other: the head of an epoch never shrinks. */
  #adopt(seen: SeenLog): void {
    const { epoch, head } = seen
    this.#latest = seen
    if (epoch !== this.#epoch) {
      this.#epoch = epoch
      this.#head = 0
      this.#newest = undefined
      this.#newestPosition = 0
      this.#onNewEpoch(epoch)
    }
    this.#head = Math.max(this.#head, head)
  }
}

/** Reads the state of a log. @throws {SseError} `engine_failed` for a stream whose subjects were changed. */
export function readLog(info: StreamInfo, { part }: LogMark, names: HubNames, where: string): SeenLog {
  const { config, state, created } = info
  const [subject = '', ...others] = config.subjects ?? []
  const prefix = subject.slice(0, -1)
  const isOurs = new RegExp(`^${names.logPrefix('[\\w-]+').replaceAll('.', '\\.')}>$`).test(subject)
  if (!isOurs || others.length > 0) {
    throw failed(
      `NATS at ${where} has a stream ${config.name} whose subjects were changed: they must be ${names.logPrefix('<generation>')}>`,
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
    replicas: config.num_replicas,
  }
}

/** 40 random bits of a server's id, which is a public key in base32. */
function partOf(serverRun: string): string {
  return serverRun.slice(20, 20 + RANDOM_LETTERS).toLowerCase()
}

/** Parses a time such as `2026-11-23T07:05:35.926948077Z`. */
function nanosOf(time: string): bigint {
  const [, seconds = '', fraction = ''] = /^([^.Z]+)(?:\.(\d+))?Z$/.exec(time) ?? []
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9) || '0')
}
