import { MAX_NAME_CHARS, RESERVED_PREFIX } from '@sse/contract/protocol'
import type { Entry, NewEntry } from './engine.ts'

/** Channel of the entries that revoke an identity's access in every process of a hub. */
const REVOKED = `${RESERVED_PREFIX}revoked`

/** An entry of a reserved channel: hubs send them to each other through the log. No subscriber gets them. */
export interface Revocation {
  readonly identity: string
  /** Name of the process that has written it. */
  readonly process: string
}

/** Returns whether a channel is for a hub's own entries. */
export function isControlChannel(channel: unknown): boolean {
  return typeof channel === 'string' && channel.startsWith(RESERVED_PREFIX)
}

export function encodeRevocation(revocation: Revocation): NewEntry {
  return { channel: REVOKED, event: 'revoke', data: JSON.stringify(revocation) }
}

/** Reads a revocation from an entry of a reserved channel. @throws {Error} if it is none. */
export function decodeRevocation({ channel, data }: Entry): Revocation {
  if (channel !== REVOKED) throw new TypeError(`its channel "${channel}" is reserved`)
  const { identity, process } = JSON.parse(data) as Partial<Record<keyof Revocation, unknown>>
  if (typeof identity !== 'string' || identity === '' || identity.length > MAX_NAME_CHARS) {
    throw new TypeError('it revokes no identity')
  }
  return { identity, process: String(process) }
}
