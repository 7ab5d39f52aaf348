import { headers, type MsgHdrs } from '@nats-io/transport-node'
import type { Entry, NewEntry } from '@sse/server'
import type { OutgoingMessage } from './ack-inbox.ts'
import { fromToken, toToken } from './subject-token.ts'

// The payload of a message is the payload of the event, for whoever else reads the stream.
const EVENT = 'Sse-Event'
const KEY = 'Sse-Key'
/** By which the server knows what it has stored already. */
const ID = 'Nats-Msg-Id'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Headers of events that have nothing but a name; nobody writes to them. */
const plain = new Map<string, MsgHdrs>()
const MAX_PLAIN = 1_000

export function toMessage(
  prefix: string,
  { channel, event, data, key, idempotencyKey }: NewEntry,
): OutgoingMessage {
  return {
    subject: prefix + toToken(channel),
    data: encoder.encode(data),
    headers:
      key === undefined && idempotencyKey === undefined
        ? plainHeaders(event)
        : makeHeaders(event, key, idempotencyKey),
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

function makeHeaders(event: string, key?: string, idempotencyKey?: string): MsgHdrs {
  const made = headers()
  made.set(EVENT, toToken(event))
  if (key !== undefined) made.set(KEY, toToken(key))
  if (idempotencyKey !== undefined) made.set(ID, toToken(idempotencyKey))
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
