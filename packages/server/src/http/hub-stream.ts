import { SseError, type StreamContract } from '@sse/contract'
import type { ConnectionAdmitter, ConnectionHandle } from '../stream/connection-handle.ts'
import { isThenable } from '../timing/is-thenable.ts'
import type { StreamContext } from './context.ts'
import type { StreamDefinition } from './definition.ts'
import {
  checkOptions,
  type GivenOptions,
  type HubSourceOptions,
  invalidOption,
  type StreamHub,
} from './options.ts'
import { EMPTY_REPLY, type Reply } from './reply.ts'

type ChosenChannels = string | readonly string[]

/** The options of a hub's stream, as they arrive at run time. */
export type GivenHubOptions = GivenOptions & HubSourceOptions<StreamContract, StreamContext<StreamContract>>

/**
 * Defines the stream of a hub: its source is the hub's subscription, and it takes acknowledgements.
 *
 * @throws {SseError} `option_invalid`, naming the option. `channel_invalid`.
 */
export function defineHubStream(hub: StreamHub<StreamContract>, options: GivenHubOptions): StreamDefinition {
  const { contract } = hub
  checkOptions(options, contract)
  checkHubOptions(options)
  const { channels, after, subscriber, from } = options
  if (typeof channels !== 'function') hub.subscribe(channels) // checks them, and opens nothing

  async function subscriberOf(context: unknown, { identity }: ConnectionHandle): Promise<string | undefined> {
    if (subscriber === undefined) return identity
    const given = subscriber && (await subscriber(context as StreamContext<StreamContract>))
    return given === false || given === null ? undefined : given
  }

  // Most streams await nothing: then neither does the connection.
  const isPlain = !subscriber && after === undefined && typeof from !== 'function'

  function makeSource(given: unknown, connection: ConnectionHandle): unknown {
    const context = given as StreamContext<StreamContract>
    const chosen = typeof channels === 'function' ? channels(context) : channels
    if (!isPlain || isThenable(chosen)) return makeLater(chosen, context, connection)
    const { identity, lastEventId } = connection
    const id = subscriber === undefined ? identity : undefined
    return hub.subscribe(chosen, { after: lastEventId, subscriber: id, identity, from })
  }

  async function makeLater(
    chosen: ChosenChannels | PromiseLike<ChosenChannels>,
    context: StreamContext<StreamContract>,
    connection: ConnectionHandle,
  ): Promise<unknown> {
    return hub.subscribe(await chosen, {
      after: (await after?.(context)) ?? connection.lastEventId,
      subscriber: await subscriberOf(context, connection),
      identity: connection.identity,
      from: typeof from === 'function' ? await from(context) : from,
    })
  }

  /** Its id is in the header, so that no body is parsed and no HTML form can send one. */
  async function acknowledge(context: unknown, connection: ConnectionHandle): Promise<Reply> {
    const { lastEventId } = connection
    if (!lastEventId)
      throw new SseError('ack_invalid', 'The Last-Event-ID header is missing', { status: 400 })
    const id = await subscriberOf(context, connection)
    if (id === undefined) {
      throw new SseError('ack_invalid', 'This client has no subscriber id, so nothing can be acknowledged')
    }
    await hub.ack(id, lastEventId)
    return EMPTY_REPLY
  }

  // Counted from `authorize` on, so that `revoke` and the limits also reach a connection whose `channels` still awaits.
  const admitter = hub as unknown as ConnectionAdmitter
  const actions = [{ name: 'ack', method: 'POST', answer: acknowledge }] as const
  return {
    contract,
    options: { ...options, hub: admitter },
    makeSource,
    mount: { start: undefined, actions },
  }
}

function checkHubOptions({ authorize, channels, subscriber, after, from, ...rest }: GivenHubOptions): void {
  if (typeof authorize !== 'function') {
    throw invalidOption(
      'authorize is required for a hub: a function that returns an identity. () => true opens the stream to everyone',
    )
  }
  if (typeof channels !== 'function' && typeof channels !== 'string' && !Array.isArray(channels)) {
    throw invalidOption('channels must be a channel, an array of channels, or a function that returns them')
  }
  if (subscriber !== undefined && subscriber !== false && typeof subscriber !== 'function') {
    throw invalidOption('subscriber must be false or a function that returns an id')
  }
  if (after !== undefined && typeof after !== 'function') {
    throw invalidOption('after must be a function that returns an event id')
  }
  if (from !== undefined && typeof from !== 'function' && from !== 'oldest' && from !== 'newest') {
    throw invalidOption(
      `from must be 'oldest', 'newest', or a function that returns one, not ${String(from)}`,
    )
  }
  for (const name of ['hub', 'maxEventBytes'] as const) {
    if (rest[name] !== undefined)
      throw invalidOption(`${name} is not an option of a hub's stream; set it on the hub`)
  }
}
