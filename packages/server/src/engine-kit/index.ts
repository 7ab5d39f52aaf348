/**
 * Interface of an engine, and building blocks for engines: a connection that reconnects, option checks, the errors a hub
 * understands, loops for waking and trimming.
 *
 * @module
 */

export type {
  Commit,
  Engine,
  Entry,
  LogState,
  Member,
  NewEntry,
  Page,
  PresenceStore,
  ReadOptions,
  Retention,
} from '../log/engine.ts'
export { createEpoch, formatId, parseId } from '../log/id.ts'
export {
  type FrameSink,
  type OpenedSubscription,
  type OpenSubscriptionOptions,
  openSubscription,
} from '../stream/open-subscription.ts'
export { type CheckedConnectionSettings, checkedConnection } from './checked-connection.ts'
export { checkDataBytes } from './data-size.ts'
export { EngineConnection, type EngineConnectionSettings, type RawConnection } from './engine-connection.ts'
export { closed, failed, isTlsProblem, unavailable } from './failures.ts'
export { HistoryConnection } from './history-connection.ts'
export { Listeners } from './listeners.ts'
export type { Listed, LogInspector, SubscriberCommit } from './log-inspector.ts'
export { MAX_TIMEOUT_MS, OptionChecks } from './option-checks.ts'
export { makePage, type PageLimits } from './page.ts'
export { randomName } from './random-name.ts'
export { finiteLimit, TrimLoop } from './trim-loop.ts'
export { utf8Length } from './utf8-length.ts'
export { WakeLoop } from './wake-loop.ts'
export { reportOnce } from './warnings.ts'
export { within } from './within.ts'
