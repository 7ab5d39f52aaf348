import type { StandardSchemaV1 } from '@standard-schema/spec'
import { RESERVED_NAMES, RESERVED_PREFIX } from './control.ts'
import { SseError } from './error.ts'
import { checkPath } from './path.ts'

/** Event names and the schema of each one's payload. */
export type EventMap = Readonly<Record<string, StandardSchemaV1>>

/** What both sides of one stream agree on. Pure data: safe to import anywhere. */
export interface StreamContract<Path extends string = string, Events extends EventMap = EventMap> {
  readonly path: Path
  readonly events: Events
  readonly heartbeatMs: number
}

export type EventName<Contract extends StreamContract> = keyof Contract['events'] & string

/** The payload a server gives for an event: its schema's input. */
export type PayloadInput<Contract extends StreamContract, Name extends string> = StandardSchemaV1.InferInput<
  Contract['events'][Name] & StandardSchemaV1
>

/** The payload a client gets for an event: its schema's output. */
export type Payload<Contract extends StreamContract, Name extends string> = StandardSchemaV1.InferOutput<
  Contract['events'][Name] & StandardSchemaV1
>

export interface StreamDefinition<Path extends string, Events extends EventMap> {
  /** Where the stream is: literal segments and `:name` parameters, such as `/leads/:owner`. */
  path: Path
  /** Any Standard Schema per event (zod, valibot, arktype …), or `type<T>()` for types alone. */
  events: Events
  /**
   * How often a quiet connection says that it lives, in milliseconds, 1 to 2,147,483,647. Default 15,000.
   * `Infinity` turns it off. Both sides know it: a client's idle timeout follows from it.
   */
  heartbeatMs?: number
}

const MAX_TIMER_MS = 2_147_483_647

/**
 * Describes one stream: its path, its events and their payloads. It opens nothing.
 *
 * The payload on the wire is the schema's *output*, as JSON: keys the schema does not know never leave the
 * server. The client runs the same schema on it, so a schema that transforms must accept its own output.
 *
 * @throws {SseError} `contract_invalid`, naming what to write instead.
 * @example
 * export const leads = defineStream({
 *   path: '/leads/:owner',
 *   events: { lead: type<{ id: string; title: string }>(), count: type<number>() },
 * })
 */
export function defineStream<const Path extends string, const Events extends EventMap>(
  definition: StreamDefinition<Path, Events>,
): StreamContract<Path, Events> {
  const { path, events, heartbeatMs = 15_000 } = definition ?? {}
  checkPath(path)
  if (typeof events !== 'object' || events === null || Object.keys(events).length === 0) {
    throw invalid('events must name at least one event, such as { lead: type<Lead>() }')
  }
  for (const [name, schema] of Object.entries(events)) checkEvent(name, schema)
  checkHeartbeat(heartbeatMs)
  return Object.freeze({ path, events: Object.freeze({ ...events }), heartbeatMs })
}

/** @throws {SseError} `contract_invalid` unless `heartbeatMs` is 1 to 2,147,483,647 or `Infinity`. */
export function checkHeartbeat(heartbeatMs: unknown): void {
  const isMs = typeof heartbeatMs === 'number' && heartbeatMs >= 1 && heartbeatMs <= MAX_TIMER_MS
  if (!isMs && heartbeatMs !== Number.POSITIVE_INFINITY) {
    throw invalid(
      `heartbeatMs must be 1 to ${MAX_TIMER_MS} milliseconds, or Infinity for none, not ${heartbeatMs}`,
    )
  }
}

function checkEvent(name: string, schema: unknown): void {
  const shown = JSON.stringify(name)
  if (name === '' || /[\r\n\0]/.test(name)) {
    throw invalid(`event name ${shown} must not be empty and must not hold CR, LF or NUL`)
  }
  if (name.startsWith(RESERVED_PREFIX) || RESERVED_NAMES.has(name)) {
    throw invalid(
      `event name ${shown} is reserved ("${[...RESERVED_NAMES].join('", "')}" and "${RESERVED_PREFIX}…"); choose another`,
    )
  }
  const standard = (schema as StandardSchemaV1 | undefined)?.['~standard']
  if (typeof standard?.validate !== 'function') {
    throw invalid(`event ${shown} needs a Standard Schema (zod, valibot, arktype …) or type<T>()`)
  }
}

function invalid(message: string): SseError {
  return new SseError('contract_invalid', `defineStream: ${message}`, { expose: false })
}
