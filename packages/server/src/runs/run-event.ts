import type { EventName, PayloadInput, StreamContract } from '@sse/contract'
import { checkPayload, encodePayload } from '@sse/contract/protocol'

/** An event of a run, checked and not stored yet. Made by the context's `event`. */
export class RunEvent<Name extends string = string> {
  readonly event: Name
  readonly #payload: unknown
  #data: string | undefined

  /** @param data - the payload as JSON, if it is an object: the payload is then read from it. */
  constructor(event: Name, payload: unknown, data?: string) {
    this.event = event
    this.#payload = payload
    this.#data = data
  }

  get payload(): unknown {
    return this.#payload === undefined && this.#data ? JSON.parse(this.#data) : this.#payload
  }

  /** Payload as one line of JSON, encoded once. `''` stands for `undefined`. */
  get data(): string {
    this.#data ??= encodePayload(this.event, this.#payload)
    return this.#data
  }
}

/** Types of values that cannot be changed by the source, and are JSON. */
const PLAIN: ReadonlySet<string> = new Set(['string', 'number', 'boolean'])

/** Makes an event of a run. A wrong name or payload is a compile error at that argument. */
export type RunEventMaker<Contract extends StreamContract> = <Name extends keyof Contract['events'] & string>(
  name: Name,
  payload: PayloadInput<Contract, Name>,
) => RunEvent<Name>

/** What the source of a run yields. */
export type RunEventOf<Contract extends StreamContract> = RunEvent<EventName<Contract>>

/**
 * Makes an event: validates the payload and keeps the schema's output. An object is encoded here, so that the source may
 * change it afterwards. Text and numbers are encoded when they are stored, because they may be merged before.
 *
 * @throws {SseError} `event_unknown`, `payload_invalid`, `schema_async`.
 */
export function makeRunEvent(contract: StreamContract, name: string, payload: unknown): RunEvent {
  const value = checkPayload(contract, name, payload)
  const isPlain = value === undefined || PLAIN.has(typeof value)
  return isPlain ? new RunEvent(name, value) : new RunEvent(name, undefined, encodePayload(name, value))
}
