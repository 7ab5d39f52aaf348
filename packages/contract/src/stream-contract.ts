import type { StandardSchemaV1 } from '@standard-schema/spec'

/** Event names and the schema of each event's payload. */
export type EventMap = Readonly<Record<string, StandardSchemaV1>>

/** What both sides of one stream agree on. Pure data: safe to import anywhere. */
export interface StreamContract<
  Path extends string = string,
  Events extends EventMap = EventMap,
  Pattern extends string = string,
> {
  readonly path: Path
  readonly events: Events
  readonly heartbeatMs: number
  /** Patterns of the channels a hub of this contract may use; `undefined` allows every channel. */
  readonly channels: readonly Pattern[] | undefined
}

/** Name of an event of the contract. */
export type EventName<Contract extends StreamContract> = keyof Contract['events'] & string

/** Payload the server passes for an event: the input of its schema. */
export type PayloadInput<Contract extends StreamContract, Name extends string> = StandardSchemaV1.InferInput<
  Contract['events'][Name] & StandardSchemaV1
>

/** Payload the client receives for an event: the output of its schema. */
export type Payload<Contract extends StreamContract, Name extends string> = StandardSchemaV1.InferOutput<
  Contract['events'][Name] & StandardSchemaV1
>
