import type { StandardSchemaV1 } from '@standard-schema/spec'
import { checkPatterns } from './channel.ts'
import { isReservedEvent, RESERVED_NAMES, RESERVED_PREFIX } from './control.ts'
import { SseError } from './error.ts'
import { MAX_NAME_CHARS } from './name.ts'
import { checkPath } from './path.ts'
import type { EventMap, StreamContract } from './stream-contract.ts'

export interface StreamDefinition<Path extends string, Events extends EventMap, Pattern extends string> {
  /** URL path of the stream: literal segments and `:name` parameters, such as `/leads/:owner`. */
  path: Path
  /**
   * One Standard Schema per event (zod, valibot, arktype …), `type<T>()` for types alone, or `text()` for a string that
   * is sent as it is. Names have at most 256 characters.
   */
  events: Events
  /**
   * Patterns of the channels a hub may publish to and subscribe to, such as `['owner:{owner}', 'everyone']`. A
   * parameter stands for any text of at least one character. Any other channel is then a compile error and
   * `channel_invalid`. Default: every channel is allowed.
   */
  channels?: readonly Pattern[] | undefined
  /**
   * Interval of heartbeats on a quiet connection, in milliseconds, 1 to 2,147,483,647. Default 15,000. `Infinity`
   * turns them off. Both sides know the interval: the client's idle timeout is derived from it.
   */
  heartbeatMs?: number
}

const MAX_TIMER_MS = 2_147_483_647

/**
 * Describes one stream: its path, its events and their payloads. It opens nothing.
 *
 * The payload on the wire is the schema's *output*, as JSON unless it is `text()`: keys the schema does not know never leave the
 * server. The client runs the same schema again, so a schema that transforms must accept its own output.
 *
 * @throws {SseError} `contract_invalid`, naming what to write instead.
 * @example
 * export const leads = defineStream({
 *   path: '/leads/:owner',
 *   events: { lead: type<{ id: string; title: string }>(), count: type<number>() },
 *   channels: ['owner:{owner}', 'everyone'],
 * })
 */
export function defineStream<
  const Path extends string,
  const Events extends EventMap,
  const Pattern extends string = string,
>(definition: StreamDefinition<Path, Events, Pattern>): StreamContract<Path, Events, Pattern> {
  const { path, events, channels, heartbeatMs = 15_000 } = definition ?? {}
  checkPath(path)
  if (typeof events !== 'object' || events === null || Object.keys(events).length === 0) {
    throw invalid('events must name at least one event, such as { lead: type<Lead>() }')
  }
  for (const [name, schema] of Object.entries(events)) checkEvent(name, schema)
  checkPatterns(channels)
  checkHeartbeat(heartbeatMs)
  return Object.freeze({
    path,
    events: Object.freeze({ ...events }),
    channels: channels && Object.freeze([...channels]),
    heartbeatMs,
  })
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
  if (name.length > MAX_NAME_CHARS) {
    throw invalid(`an event name must have at most ${MAX_NAME_CHARS} characters, not ${name.length}`)
  }
  if (name === '' || /[\r\n\0]|\p{Surrogate}/u.test(name)) {
    throw invalid(
      `event name ${shown} must not be empty and must not contain CR, LF or NUL, or half a surrogate pair`,
    )
  }
  if (isReservedEvent(name)) {
    throw invalid(
      `event name ${shown} is reserved ("${[...RESERVED_NAMES].join('", "')}" and "${RESERVED_PREFIX}…"); choose another`,
    )
  }
  const standard = (schema as StandardSchemaV1 | undefined)?.['~standard']
  if (typeof standard?.validate !== 'function') {
    throw invalid(`event ${shown} needs a Standard Schema (zod, valibot, arktype …), type<T>() or text()`)
  }
}

function invalid(message: string): SseError {
  return new SseError('contract_invalid', `defineStream: ${message}`)
}
