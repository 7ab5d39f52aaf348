import { SseError } from '@sse/contract'

/** Longest timeout an engine accepts, in milliseconds: half of the longest delay of a Node timer. */
export const MAX_TIMEOUT_MS = 1_073_741_823

/** Checks the options of one engine. Messages start with the engine's name: `redis: timeoutMs must be …`. */
export class OptionChecks {
  readonly #engine: string

  constructor(engine: string) {
    this.#engine = engine
  }

  /** Returns an `SseError` `option_invalid` to throw. */
  invalid(problem: string): SseError {
    return new SseError('option_invalid', `${this.#engine}: ${problem}`)
  }

  /** @throws {SseError} `option_invalid` unless the value is a number from `min` to `max`. */
  number(option: string, value: number, min: number, max: number): void {
    if (typeof value === 'number' && value >= min && value <= max) return
    throw this.invalid(`${option} must be ${min} to ${max}, not ${value}`)
  }

  /** @throws {SseError} `option_invalid` unless the text matches; `rule` says what it must be. */
  text(option: string, value: string, pattern: RegExp, rule: string): void {
    if (typeof value === 'string' && pattern.test(value)) return
    throw this.invalid(`${option} must be ${rule}, not ${JSON.stringify(value)}`)
  }

  /**
   * Parses a URL. The message never quotes it: a URL may contain a password.
   *
   * @param protocols matches the protocols allowed, such as `redis:`.
   * @param example describes a valid URL in the error message.
   * @throws {SseError} `option_invalid`.
   */
  url(option: string, text: string, protocols: RegExp, example: string): URL {
    const url = URL.parse(text)
    if (url && protocols.test(url.protocol)) return url
    throw this.invalid(`${option} must be like ${example}`)
  }
}
