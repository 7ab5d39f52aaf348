/**
 * OpenTelemetry metrics and trace links for streams and hubs. Needs `node:diagnostics_channel`: Node, Bun, Deno.
 *
 * @see docs/operations/monitoring.md
 * @module
 */
export { endSpansAtStart } from './end-spans.ts'
export { type ObservedLog, type ObserveHubOptions, observeHub } from './observe-hub.ts'
export { type ObserveStreamsOptions, observeStreams } from './observe-streams.ts'
export { type TraceEventsOptions, traceEvents } from './trace-events.ts'
export { withoutStreams } from './without-streams.ts'
