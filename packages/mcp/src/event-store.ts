import { SseError } from '@sse/contract'
import { digest } from '@sse/contract/protocol'
import { type McpHub, notOurs } from './messages.ts'

/** `EventStore` of the MCP SDK, version 1 and 2. */
export interface EventStore {
  storeEvent(streamId: string, message: object): Promise<string>
  getStreamIdForEventId(eventId: string): Promise<string | undefined>
  replayEventsAfter(
    lastEventId: string,
    options: { send: (eventId: string, message: never) => Promise<void> },
  ): Promise<string>
}

export interface EventStoreOptions {
  onError?: (error: unknown) => void
}

/** Another program may have written the entry. */
function isMessage(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'jsonrpc' in payload
}

/** What an event id says. */
interface EventId {
  readonly session: string
  readonly streamId: string
  /** Id of the event in the hub's log. */
  readonly hubId: string
}

/**
 * Makes the event store of one session: what its streams send is kept in the hub's log, so that a client that lost its
 * connection gets it from any process. Give each transport its own; an id of another session is refused.
 *
 * A replay throws `last_event_id_invalid` if the log no longer has everything after the id: the client then gets an
 * error rather than a part of the messages. How long the log has them is the engine's retention.
 *
 * @param sessionId - the id that `sessionIdGenerator` returned. 1 or more characters.
 * @param options - `onError` receives an error for each entry of another program, which is skipped. Default
 * `console.error`.
 * @throws {SseError} `option_invalid`.
 * @example
 * new StreamableHTTPServerTransport({
 *   sessionIdGenerator: () => sessionId,
 *   eventStore: createEventStore(hub, sessionId),
 * })
 */
export function createEventStore(
  hub: McpHub,
  sessionId: string,
  { onError = console.error }: EventStoreOptions = {},
): EventStore {
  if (typeof sessionId !== 'string' || sessionId === '') {
    throw new SseError('option_invalid', 'createEventStore: sessionId must be a text of 1 or more characters')
  }
  const session = digest(sessionId).then((hash) => hash.slice(0, 16))
  /** The standalone stream has one id in every session: a channel is one stream of one session. */
  const channelOf = async (streamId: string) => `mcp:${await digest(JSON.stringify([sessionId, streamId]))}`

  async function read(eventId: string): Promise<EventId | undefined> {
    const id = parseEventId(eventId)
    return id?.session === (await session) ? id : undefined
  }

  return {
    async storeEvent(streamId, message) {
      // The SDK stores `{}` for the event that opens a stream.
      const name = Object.keys(message).length === 0 ? 'priming' : 'message'
      const hubId = await hub.publish(await channelOf(streamId), name, message)
      return formatEventId({ session: await session, streamId, hubId })
    },

    async getStreamIdForEventId(eventId) {
      return (await read(eventId))?.streamId
    },

    async replayEventsAfter(lastEventId, { send }) {
      const id = await read(lastEventId)
      if (!id) throw new SseError('last_event_id_invalid', 'The event id is not of this session')
      const { streamId, hubId, session } = id
      for await (const event of hub.subscribe(await channelOf(streamId), { after: hubId, untilHead: true })) {
        if (event.event === 'gap') {
          throw new SseError('last_event_id_invalid', 'Messages after this event id are no longer stored')
        }
        if (event.event !== 'message') continue
        if (isMessage(event.payload))
          await send(formatEventId({ session, streamId, hubId: event.id }), event.payload as never)
        else onError(notOurs(event.id))
      }
      return streamId
    },
  }
}

function formatEventId({ session, streamId, hubId }: EventId): string {
  return `${session}.${encodeURIComponent(streamId)}.${hubId}`
}

/** The id comes from a client. */
function parseEventId(eventId: string): EventId | undefined {
  const [, session, streamId, hubId] = /^([0-9a-f]{16})\.(.*)\.([^.]+)$/.exec(eventId) ?? []
  if (session === undefined || streamId === undefined || hubId === undefined) return undefined
  try {
    return { session, streamId: decodeURIComponent(streamId), hubId }
  } catch {
    return undefined
  }
}
