/** Smaller numbers are seconds, as Python's `time.time()` returns them: in milliseconds they would be before 1973. */
const MIN_MS = 1e11

/** Reads the time an event was sent from a field of its payload. */
export class SendTime {
  readonly #path: readonly string[]
  #lastData: string | undefined
  #lastTime: number | undefined

  /** @param field - name of a field of the JSON payload, such as `at` or `meta.sentAt`. */
  constructor(field: string) {
    this.#path = field.split('.')
  }

  /**
   * Returns milliseconds since 1970; `undefined` without such a field. Reads numbers of milliseconds or seconds, and dates
   * such as `2026-11-27T10:00:00.123Z`. The same data again, which many connections receive, is not parsed again.
   */
  of(data: string): number | undefined {
    if (data !== this.#lastData) {
      this.#lastData = data
      this.#lastTime = readTime(data, this.#path)
    }
    return this.#lastTime
  }
}

function readTime(data: string, path: readonly string[]): number | undefined {
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch {
    return undefined
  }
  for (const name of path) value = (value as Record<string, unknown> | null | undefined)?.[name]
  const time = typeof value === 'string' ? Date.parse(value) : value
  if (typeof time !== 'number' || !Number.isFinite(time)) return undefined
  return time < MIN_MS ? time * 1_000 : time
}
