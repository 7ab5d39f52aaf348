import type { StreamContract } from '@sse/contract'
import type { StreamContext, StreamOptions } from '@sse/server'
import { type NodeNative, type NodeRequest, type NodeResponse, sse } from '@sse/server/node'

type Context<Contract extends StreamContract> = StreamContext<Contract> & NodeNative

/**
 * Serves a source with options. The only call of the suite that depends on the order of `sse()`'s arguments.
 *
 * @param source - checked by `sse()` alone: attacks pass what is no source.
 */
export function mount<Contract extends StreamContract>(
  contract: Contract,
  options: StreamOptions<Contract, NodeNative>,
  source: (context: Context<Contract>) => unknown,
): (req: NodeRequest, res: NodeResponse) => void {
  return sse(contract, options as never, source as never)
}
