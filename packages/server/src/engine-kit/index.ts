/**
 * Building blocks for engines: a connection that reconnects, the failures a hub understands, and a wake loop.
 *
 * @module
 */

export { Endpoint } from '../http/endpoint.ts'
export type { LogEvent } from '../hub/log-event.ts'
export { createEpoch, formatId, parseId } from '../log/id.ts'
export type { SharedFrames } from '../log/shared-frames.ts'
export type { Connection } from '../stream/connection.ts'
export type { Sink } from '../stream/sink.ts'
export { nextTurn } from '../timing/next-turn.ts'
export { EngineConnection, type EngineConnectionSettings, type RawConnection } from './engine-connection.ts'
export { closed, failed, isTlsProblem, unavailable } from './failures.ts'
export { WakeLoop } from './wake-loop.ts'
