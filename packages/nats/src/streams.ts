import {
  DiscardPolicy,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream'
import { failed, randomName } from '@sse/server/engine-kit'
import type { NatsConnection } from './connection.ts'
import { codeOf, STREAM_NOT_FOUND } from './errors.ts'
import type { HubNames } from './subjects.ts'

/** 40 random bits. */
export const RANDOM_LETTERS = 8

const KIND = '@sse/nats'
const VERSION = 1
const MARK = /^@sse\/nats (\d+)(?: ([a-z2-7]+))?(?: ([A-Z2-7]+))?$/

export interface StreamSettings {
  readonly replicas: number
  readonly idempotencyMs: number
}

/** What the description of a log's stream contains: both are `''` for the other streams. */
export interface LogMark {
  /** Part of the epoch. */
  readonly part: string
  /** The run of the server in which the epoch began, see `serverRunOf`; `''` if it is unknown. */
  readonly serverRun: string
}

/** Returns the description of a stream of this engine. */
export function mark({ part, serverRun }: LogMark = { part: '', serverRun: '' }): string {
  return `${KIND} ${VERSION} ${part} ${serverRun}`.trim()
}

/** Reads the description. @throws {SseError} `engine_failed` for a stream of another program. */
export function readMark({ config }: StreamInfo, where: string): LogMark {
  const [, version, part = '', serverRun = ''] = MARK.exec(config.description ?? '') ?? []
  if (version === undefined) {
    throw failed(
      `NATS at ${where} has a stream ${config.name} of another program: use another \`name\`, or remove it`,
    )
  }
  if (Number(version) > VERSION) {
    throw failed(`NATS at ${where} has a stream ${config.name} of a newer ${KIND}: upgrade this process`)
  }
  return { part, serverRun }
}

/** Resolves with the stream of the log, created if it is missing. */
export function ensureLog(
  connection: NatsConnection,
  names: HubNames,
  { replicas, idempotencyMs }: StreamSettings,
): Promise<StreamInfo> {
  return ensure(connection, {
    name: names.logStream,
    description: mark({ part: randomName(RANDOM_LETTERS), serverRun: '' }),
    subjects: [`${names.logPrefix(randomName(RANDOM_LETTERS))}>`],
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    storage: StorageType.File,
    num_replicas: replicas,
    duplicate_window: idempotencyMs * 1_000_000,
    allow_direct: true,
  })
}

/** Creates the streams for commits and presence if they are missing. Only the newest message of a subject is kept. */
export async function ensureOthers(
  connection: NatsConnection,
  names: HubNames,
  { replicas }: StreamSettings,
): Promise<void> {
  const common = { description: mark(), num_replicas: replicas, max_msgs_per_subject: 1, allow_direct: true }
  await Promise.all([
    ensure(connection, {
      ...common,
      name: names.commitStream,
      subjects: [`${names.commits}.>`],
      storage: StorageType.File,
    }),
    ensure(connection, {
      ...common,
      name: names.presenceStream,
      subjects: [`${names.presence}.>`],
      storage: StorageType.Memory,
    }),
  ])
}

async function ensure(
  { jsm, where }: NatsConnection,
  config: Partial<StreamConfig> & { name: string },
): Promise<StreamInfo> {
  const held = await find(jsm, config.name, where)
  if (held) return held
  try {
    return await jsm.streams.add(config)
  } catch (error) {
    // Another process may have created it meanwhile, with another name for the log.
    const made = await find(jsm, config.name, where)
    if (made) return made
    throw error
  }
}

async function find(jsm: JetStreamManager, name: string, where: string): Promise<StreamInfo | undefined> {
  try {
    const info = await jsm.streams.info(name)
    readMark(info, where)
    return info
  } catch (error) {
    if (codeOf(error) === STREAM_NOT_FOUND) return undefined
    throw error
  }
}
