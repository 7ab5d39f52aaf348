import type { StreamContract } from '@sse/contract'
import type { Authorized, IdentityOf } from '../stream/identity.ts'
import type { Source, UntypedEvent, Yielded } from '../stream/source.ts'
import type { StreamContext } from './context.ts'
import type { HubStreamOptions, StreamHub, StreamOptions } from './options.ts'

// biome-ignore lint/suspicious/noExplicitAny: a hub of any contract
type AnyHub = StreamHub<any>

/** Options of a stream without a contract, where they stand first. */
export interface UntypedStreamOptions<Native> extends StreamOptions<undefined, Native> {}

type HubContract<Target> = Target extends StreamHub<infer Contract> ? Contract : never

/** The contract that a source's items are checked against; `undefined` without one. */
type SourceContract<Target> = Target extends StreamContract ? Target : undefined

type UntypedIdentity<Target> = Target extends { authorize: (...given: never[]) => infer Answer }
  ? IdentityOf<Answer>
  : undefined

/** The source that follows `Target`; none follows a hub. */
type SourceOf<Target, Native> = Target extends AnyHub
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
   * - `sse(contract, source)`: streams a source's events.
   * - `sse(options, source)`: the same without a contract: the source yields plain messages.
   *
   * @throws {SseError} `option_invalid`, `source_invalid`, at definition time.
   */
  <
    Target extends AnyHub | StreamContract | UntypedStreamOptions<Native>,
    Answer extends Authorized = Authorized,
  >(
    target: Target,
    optionsOrSource: HubStreamOptions<HubContract<Target>, Native, Answer> | SourceOf<Target, Native>,
  ): Target extends AnyHub ? Mount : Handler

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
