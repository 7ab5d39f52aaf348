import type { StreamContract } from '@sse/contract'
import type { HubStreamOptions, RunStreamOptions, StreamContext, StreamOptions } from '@sse/server'
import { type NodeHandler, type NodeNative, sse } from '@sse/server/node'

type Context<Contract extends StreamContract> = StreamContext<Contract> & NodeNative
type Loose<Options> = { [Name in keyof Options]?: unknown }

/**
 * Serves a source with options. The source and the results of the options' functions are checked by `sse()` alone:
 * attacks pass what does not compile.
 */
export function mount<Contract extends StreamContract>(
  contract: Contract,
  options: Loose<StreamOptions<Contract, NodeNative>>,
  source: (context: Context<Contract>) => unknown,
): NodeHandler {
  return sse(contract, options as StreamOptions<Contract, NodeNative>, source as never)
}

/** Serves a hub in the same way. */
export function mountHub<Contract extends StreamContract>(
  hub: { readonly contract: Contract },
  options: Loose<HubStreamOptions<Contract, NodeNative>>,
): NodeHandler {
  return sse(hub as never, options as never)
}

/** Serves runs in the same way. */
export function mountRuns<Contract extends StreamContract>(
  runs: { readonly contract: Contract },
  options: Loose<RunStreamOptions<Contract, NodeNative>>,
): NodeHandler {
  return sse(runs as never, options as never)
}
