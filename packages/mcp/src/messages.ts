import { defineStream, SseError, type StreamContract, type } from '@sse/contract'
import type { Hub } from '@sse/server'
import type { StandardSchemaV1 } from '@standard-schema/spec'

/** A change that a server announces, as `ServerEvent` of the MCP SDK. */
export type ChangeEvent = (
  | { kind: 'tools_list_changed' | 'prompts_list_changed' | 'resources_list_changed' }
  | { kind: 'resource_updated'; uri: string }
) & { params?: Record<string, unknown> }

type Events = {
  /** A JSON-RPC message. */
  readonly message: StandardSchemaV1<object>
  /** Stands for an event that a client gets at the start of a stream, and that is never replayed. */
  readonly priming: StandardSchemaV1<object>
  readonly change: StandardSchemaV1<ChangeEvent>
}

/** Contract of the hub that MCP servers share. It is not mounted: clients read the streams of the MCP SDK. */
export const mcpMessages: StreamContract<'/mcp', Events> = /* @__PURE__ */ defineStream({
  path: '/mcp',
  events: {
    message: type<unknown>() as StandardSchemaV1<object>,
    priming: type<unknown>() as StandardSchemaV1<object>,
    change: type<unknown>() as StandardSchemaV1<ChangeEvent>,
  },
})

/** The hub that MCP servers share: `createHub(mcpMessages, { engine })`. */
export type McpHub = Pick<Hub<typeof mcpMessages>, 'publish' | 'subscribe' | 'getState'>

/** The error for an entry of another program, which is skipped. */
export function notOurs(id: string): SseError {
  return new SseError('message_invalid', `The entry ${id} is not one of @sse/mcp; it is skipped`)
}
