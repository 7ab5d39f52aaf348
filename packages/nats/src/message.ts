import { headers, type MsgHdrs } from '@nats-io/transport-node'
import type { Entry, NewEntry } from '@sse/server/engine-kit'
import type { OutgoingMessage } from './ack-inbox.ts'
import { fromToken, toToken } from './subjects.ts'

// The payload of a message is the payload of the event, so that other programs can read the stream.
const EVENT = 'Sse-Event'
const KEY = 'Sse-Key'
const TRACEPARENT = 'traceparent'
/** By which the server recognises a message it has stored. */
const ID = 'Nats-Msg-Id'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Headers of events that have only a name. Shared, and never changed. */
const plain = new Map<string, MsgHdrs>()
const MAX_PLAIN = 1_000

export function toMessage(prefix: string, entry: NewEntry): OutgoingMessage {
  const { channel, event, data, key, idempotencyKey, traceparent } = entry
  return {
    subject: prefix + toToken(channel),
    data: encoder.encode(data),
    headers:
      key === undefined && idempotencyKey === undefined && traceparent === undefined
        ? plainHeaders(event)
        : makeHeaders(event, key, idempotencyId(entry), traceparent),
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

function makeHeaders(event: string, key?: string, id?: string, traceparent?: string): MsgHdrs {
  const made = headers()
  made.set(EVENT, toToken(event))
  if (key !== undefined) made.set(KEY, toToken(key))
  if (id !== undefined) made.set(ID, id)
  if (traceparent !== undefined) made.set(TRACEPARENT, traceparent)
  return made
}

/** Returns the id of an entry with an idempotency key: a key counts for its channel, and no token contains a dot. */
export function idempotencyId({ channel, idempotencyKey }: NewEntry): string | undefined {
  return idempotencyKey === undefined ? undefined : `${toToken(channel)}.${toToken(idempotencyKey)}`
}

export interface MessageContent {
  readonly subject: string
  readonly data: Uint8Array
  readonly headers?: MsgHdrs | undefined
}

/** Returns whether two messages are the same event for a subscriber. */
export function isSameMessage(one: MessageContent, other: MessageContent): boolean {
  return (
    one.subject === other.subject &&
    Buffer.compare(one.data, other.data) === 0 &&
    [EVENT, KEY].every((name) => (one.headers?.get(name) ?? '') === (other.headers?.get(name) ?? ''))
  )
}

export interface IncomingMessage extends MessageContent {
  readonly position: number
  readonly at: number
}

/** Tokens of a subject: `sse.log.<hub>.<generation>.<channel>`. */
const TOKENS = 5

/**
 * Another program may have written the message, with any headers and any subject below the log's. What does not name a
 * channel or an event becomes `''`: the hub skips it.
 */
export function toEntry({ subject, data, headers: given, position, at }: IncomingMessage): Entry {
  const tokens = subject.split('.')
  const key = given?.get(KEY)
  const traceparent = given?.get(TRACEPARENT)
  return {
    position,
    at: Number.isFinite(at) ? at : Date.now(),
    channel: tokens.length === TOKENS ? nameOf(tokens.at(-1)) : '',
    event: nameOf(given?.get(EVENT)),
    data: decoder.decode(data),
    ...(key && { key: nameOf(key) }),
    ...(traceparent && { traceparent }),
  }
}

function nameOf(token = ''): string {
  try {
    return fromToken(token)
  } catch {
    return '' // not percent-encoded
  }
}
