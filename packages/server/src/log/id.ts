import type { Commit } from './engine.ts'

const ID = /^([0-9A-Za-z]{1,32})-(0|[1-9a-z][0-9a-z]{0,10})$/

/** Formats a position as the id on the wire: `epoch-position`, the position in base 36. Opaque to clients. */
export function formatId({ epoch, position }: Commit): string {
  return `${epoch}-${position.toString(36)}`
}

/** Parses an id. Returns `undefined` for text that no hub has written. */
export function parseId(id: string): Commit | undefined {
  const [, epoch, digits] = ID.exec(id) ?? []
  if (epoch === undefined || digits === undefined) return undefined
  const position = Number.parseInt(digits, 36)
  return Number.isSafeInteger(position) ? { epoch, position } : undefined
}

const EPOCH_BYTES = 6

/** Creates a unique name for a log: 48 random bits. */
export function createEpoch(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(EPOCH_BYTES))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
