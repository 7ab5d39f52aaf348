import { headers, type MsgHdrs } from '@nats-io/transport-node'
import type { Entry, NewEntry } from '@sse/server'
import { fromToken, toToken } from './subject-token.ts'

// The payload of a message is the payload of the event, for whoever else reads the stream.
const EVENT = 'Sse-Event'
const KEY = 'Sse-Key'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Headers of events that have nothing but a name; nobody writes to them. */
const plain = new Map<string, MsgHdrs>()
const MAX_PLAIN = 1_000

export interface OutgoingMessage {
  readonly subject: string
  readonly data: Uint8Array
  readonly headers: MsgHdrs
}

export function toMessage(
  prefix: string,
  { channel, event, data, key, idempotencyKey }: NewEntry,
): OutgoingMessage {
  // The client library writes an idempotency key into the headers it is given.
  const isPlain = key === undefined && idempotencyKey === undefined
  return {
    subject: prefix + toToken(channel),
    data: encoder.encode(data),
    headers: isPlain ? plainHeaders(event) : makeHeaders(event, key),
  }
}

function plainHeaders(event: string): MsgHdrs {
  let made = plain.get(event)
  if (!made) {
    made = makeHeaders(event)
    if (plain.size === MAX_PLAIN) plain.clear()
    plain.set(event, made)
  }
  return made
}

function makeHeaders(event: string, key?: string): MsgHdrs {
  const made = headers()
  made.set(EVENT, toToken(event))
  if (key !== undefined) made.set(KEY, toToken(key))
  return made
}

export interface IncomingMessage {
  readonly subject: string
  readonly data: Uint8Array
  readonly headers: MsgHdrs | undefined
  readonly position: number
  readonly at: number
}

/** `undefined` for what did not come from an engine. */
export function toEntry({ subject, data, headers: given, position, at }: IncomingMessage): Entry {
  const key = given?.get(KEY)
  return {
    position,
    at,
    channel: fromToken(subject.slice(subject.lastIndexOf('.') + 1)),
    event: fromToken(given?.get(EVENT) ?? ''),
    data: decoder.decode(data),
    ...(key && { key: fromToken(key) }),
  }
}
