import type { PathParams, StreamContract } from '@sse/contract'
import type { ConnectOptions } from '../feed/connect.ts'

/** Contract, or URL of any event stream. */
export type StreamTarget = StreamContract | string | URL

/**
 * Options of a stream that several components may use. There is no `signal`: the connection closes after its last
 * component has unmounted.
 */
export interface UseStreamOptions extends Omit<ConnectOptions, 'signal'> {
  /**
   * Text that stands for everything the option functions read, such as `user.id`. Components with the same target,
   * the same values and the same `shareKey` share one connection; another `shareKey` is another connection.
   *
   * Without it, components share a connection if their functions make the same request: `url`, `body` and `headers`
   * return equal values at once, or they, `fetch` and `transport` are the same functions.
   */
  shareKey?: string
  /** `false` opens no connection, for example while the user is signed out. Default `true`. */
  enabled?: boolean
}

/** `UseStreamOptions` for a path with parameters. */
export interface UseStreamOptionsFor<Path extends string> extends UseStreamOptions {
  /** Parameters of the path. Each is percent-encoded. */
  params: PathParams<Path>
}

/** Arguments after the target: options are required if the contract's path has parameters. */
export type UseStreamArguments<Target> =
  Target extends StreamContract<infer Path>
    ? [keyof PathParams<Path>] extends [never]
      ? [options?: UseStreamOptions]
      : [options: UseStreamOptionsFor<Path>]
    : [options?: UseStreamOptions]

/** Options of any target. */
export type AnyOptions = UseStreamOptions & { params?: Readonly<Record<string, string>> }
