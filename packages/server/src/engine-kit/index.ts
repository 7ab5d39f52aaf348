/**
 * Building blocks for engines: a connection that reconnects, the failures a hub understands, and a wake loop.
 *
 * @module
 */

export { createStreamHandler } from '../http/stream-handler.ts'
export type { LogEvent } from '../hub/log-event.ts'
export type {
  Commit,
  Engine,
  Entry,
  LogState,
  Member,
  NewEntry,
  Page,
  PresenceStore,
  Retention,
} from '../log/engine.ts'
export { createEpoch, formatId, parseId } from '../log/id.ts'
export type { SharedFrames } from '../log/shared-frames.ts'
export type { Connection } from '../stream/connection.ts'
export type { Sink } from '../stream/sink.ts'
export { nextTurn } from '../timing/next-turn.ts'
export { type CheckedConnectionSettings, checkedConnection } from './checked-connection.ts'
export { checkDataBytes } from './data-size.ts'
export { EngineConnection, type EngineConnectionSettings, type RawConnection } from './engine-connection.ts'
export { closed, failed, isTlsProblem, unavailable } from './failures.ts'
export { Listeners } from './listeners.ts'
export { MAX_TIMEOUT_MS, OptionChecks } from './option-checks.ts'
export { randomName } from './random-name.ts'
export { finiteLimit, TrimLoop } from './trim-loop.ts'
export { WakeLoop } from './wake-loop.ts'
export { reportOnce } from './warnings.ts'
export { within } from './within.ts'
