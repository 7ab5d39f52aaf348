/** A log entry to append, with the fields that every engine takes. */
export interface TestEntry {
  channel: string
  event: string
  data: string
  key?: string | undefined
  idempotencyKey?: string | undefined
}

/** Creates an entry with the payload `data` on the channel `leads`. */
export function lead(data: unknown, more: Partial<TestEntry> = {}): TestEntry {
  return { channel: 'leads', event: 'lead', data: JSON.stringify(data), ...more }
}

/** Creates entries with consecutive numbers as their payloads. */
export const leads = (count: number, from = 1): TestEntry[] =>
  Array.from({ length: count }, (_, index) => lead(from + index))

/** Returns the payloads of entries that were read. */
export const payloads = (entries: readonly { data: string }[]): unknown[] =>
  entries.map(({ data }) => JSON.parse(data))
