/**
 * Streamable HTTP servers of the Model Context Protocol (MCP) in several processes, on a hub.
 *
 * @see docs/guides/mcp.md
 * @module
 */
export { createEventBus, type EventBus, type EventBusOptions } from './event-bus.ts'
export { createEventStore, type EventStore, type EventStoreOptions } from './event-store.ts'
export { type ChangeEvent, type McpHub, mcpMessages } from './messages.ts'
