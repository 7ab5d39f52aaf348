import type { StreamContract } from '@sse/contract'
import type { Authorized, IdentityOf } from '../stream/identity.ts'
import type { Source, UntypedEvent, Yielded } from '../stream/source.ts'
import type { StreamContext } from './context.ts'
import type { HubStreamOptions, StreamHub, StreamOptions } from './options.ts'
import type { RunStreamOptions, StreamRuns } from './run-options.ts'

// biome-ignore lint/suspicious/noExplicitAny: a hub of any contract
type AnyHub = StreamHub<any>
// biome-ignore lint/suspicious/noExplicitAny: runs of any contract
type AnyRuns = StreamRuns<any>

/** Options of a stream without a contract, where they stand first. */
export interface UntypedStreamOptions<Native> extends StreamOptions<undefined, Native> {}

type HubContract<Target> = Target extends StreamHub<infer Contract> ? Contract : never
type RunsContract<Target> = Target extends StreamRuns<infer Contract> ? Contract : never

/** Options of a mount. An intersection with `never` removes those of the other kind, and `Answer` is inferred still. */
type MountOptions<Target, Native, Answer extends Authorized> =
  | (HubStreamOptions<HubContract<Target>, Native, Answer> & (Target extends AnyHub ? unknown : never))
  | (RunStreamOptions<RunsContract<Target>, Native, Answer> & (Target extends AnyRuns ? unknown : never))

/** The contract that a source's items are checked against; `undefined` without one. */
type SourceContract<Target> = Target extends StreamContract ? Target : undefined

type UntypedIdentity<Target> = Target extends { authorize: (...given: never[]) => infer Answer }
  ? IdentityOf<Answer>
  : undefined

/** The source that follows `Target`; none follows a hub or runs. */
type SourceOf<Target, Native> = Target extends AnyHub | AnyRuns
  ? never
  : Source<
      Yielded<SourceContract<Target>>,
      StreamContext<SourceContract<Target>, UntypedIdentity<Target>> & Native
    >

/**
 * The function `sse` of a framework.
 *
 * One signature per number of arguments: an overload that differs only in its types would move every compile error to
 * the call's first argument.
 */
export interface Sse<Native, Handler, Mount = Handler> {
  /** Makes a stream of plain messages, without a contract. */
  (source: Source<UntypedEvent, StreamContext<undefined, undefined> & Native>): Handler

  /**
   * - `sse(hub, options)`: serves a hub's stream at its contract's path, and its acknowledgements at that path and
   *   `/ack`.
   * - `sse(runs, options)`: follows runs at their contract's path, starts them with POST, and takes requests at that
   *   path and `/stop` or `/status`.
   * - `sse(contract, source)`: streams a source's events.
   * - `sse(options, source)`: the same without a contract: the source yields plain messages.
   *
   * @throws {SseError} `option_invalid`, `source_invalid`, at definition time.
   */
  <
    Target extends AnyHub | AnyRuns | StreamContract | UntypedStreamOptions<Native>,
    Answer extends Authorized = Authorized,
  >(
    target: Target,
    optionsOrSource: MountOptions<Target, Native, Answer> | SourceOf<Target, Native>,
  ): Target extends AnyHub | AnyRuns ? Mount : Handler

  /**
   * Streams a source's events. The source's `identity` is what `authorize` returns.
   *
   * @throws {SseError} `option_invalid`, `source_invalid`, at definition time.
   */
  <Contract extends StreamContract, Answer extends Authorized = undefined>(
    contract: Contract,
    options: StreamOptions<Contract, Native, Answer>,
    source: Source<Yielded<Contract>, StreamContext<Contract, IdentityOf<Answer>> & Native>,
  ): Handler
}
