import type { EventName, PayloadInput, StreamContract } from '@sse/contract'
import { checkPayload, encodePayload } from '@sse/contract/protocol'

/** An event of a run, checked and not stored yet. Made by the context's `event`. */
export class RunEvent<Name extends string = string> {
  readonly event: Name
  readonly payload: unknown

  constructor(event: Name, payload: unknown) {
    this.event = event
    this.payload = payload
  }
}

/** Makes an event of a run. A wrong name or payload is a compile error at that argument. */
export type RunEventMaker<Contract extends StreamContract> = <Name extends keyof Contract['events'] & string>(
  name: Name,
  payload: PayloadInput<Contract, Name>,
) => RunEvent<Name>

/** What the source of a run yields. */
export type RunEventOf<Contract extends StreamContract> = RunEvent<EventName<Contract>>

/**
 * Makes an event: validates the payload and keeps the schema's output. An object is copied, so that the source may
 * change it afterwards.
 *
 * @throws {SseError} `event_unknown`, `payload_invalid`, `schema_async`.
 */
export function makeRunEvent(contract: StreamContract, name: string, payload: unknown): RunEvent {
  const value = checkPayload(contract, name, payload)
  const isPlain = typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol'
  if (isPlain && typeof value !== 'bigint') return new RunEvent(name, value)
  return new RunEvent(name, JSON.parse(encodePayload(name, value)))
}
