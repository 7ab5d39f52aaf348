import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { CommandError } from '../command-error.ts'
import { EXIT } from '../exit-codes.ts'

/** An event to publish. */
export interface OutgoingEvent {
  readonly channel: string
  readonly event: string
  /** `undefined` for an event without a payload. */
  readonly payload: unknown
  readonly key?: string
  readonly idempotencyKey?: string
}

export interface EventDefaults {
  readonly channel?: string
  readonly event?: string
  readonly key?: string
  readonly idempotencyKey?: string
}

/** Reads the payload of one event from the command line. @throws {CommandError} */
export function parsePayload(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    const isWord = !/^[\s[{"\d-]/.test(text)
    throw wrong(
      'The payload is not JSON',
      isWord ? `quote a text twice: '${JSON.stringify(text)}'` : 'quote it for the shell: \'{"id":1}\'',
    )
  }
}

/**
 * Reads one event from each line. With a default event name, a line is a payload; without, it is an object with `event`,
 * `payload` and, unless there is a default, `channel`.
 *
 * @throws {CommandError} naming the line.
 */
export async function* readEvents(input: Readable, defaults: EventDefaults): AsyncGenerator<OutgoingEvent> {
  let number = 0
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    number += 1
    if (line.trim() === '') continue
    yield readLine(line, defaults, `Line ${number} of standard input`)
  }
}

function readLine(line: string, { event, ...defaults }: EventDefaults, where: string): OutgoingEvent {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw wrong(`${where} is not JSON`)
  }
  if (event !== undefined) return complete({ ...defaults, event, payload: value }, where)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(
      `${where} is not an object`,
      'such as {"event":"lead","payload":{"id":1},"channel":"owner:42"}',
    )
  }
  return complete({ ...defaults, ...value }, where)
}

/** Checks what an event consists of, apart from its payload. @throws {CommandError} */
export function complete(event: Partial<Record<string, unknown>>, where = 'The event'): OutgoingEvent {
  for (const name of ['event', 'channel']) {
    if (typeof event[name] !== 'string' || event[name] === '') {
      throw wrong(`${where} has no ${name}`, name === 'channel' ? 'name it with --channel' : undefined)
    }
  }
  for (const name of ['key', 'idempotencyKey']) {
    if (event[name] !== undefined && typeof event[name] !== 'string')
      throw wrong(`${where}: ${name} must be a text`)
  }
  const known = ['event', 'channel', 'payload', 'key', 'idempotencyKey']
  const unknown = Object.keys(event).find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw wrong(`${where} has an unknown field ${JSON.stringify(unknown)}`, `known are ${known.join(', ')}`)
  return event as unknown as OutgoingEvent
}

function wrong(message: string, next?: string): CommandError {
  return new CommandError(message, { exitCode: EXIT.usage, ...(next !== undefined && { next }) })
}
