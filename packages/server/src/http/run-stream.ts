import type { StreamContract } from '@sse/contract'
import type { RunSource, StartOptions } from '../runs/runs.ts'
import type { ConnectionAdmitter } from '../stream/connection-handle.ts'
import type { StreamContext } from './context.ts'
import type { ActionRequest, StreamDefinition } from './definition.ts'
import { checkOptions, type GivenOptions, invalidOption, isHub } from './options.ts'
import { jsonReply, type Reply } from './reply.ts'
import { requireJson } from './require-json.ts'
import type { RunSourceOptions, RunStart, StreamRuns } from './run-options.ts'

/** The options of a run stream, as they arrive at run time. */
export type GivenRunOptions = GivenOptions & RunSourceOptions<StreamContract, StreamContext<StreamContract>>

type Runs = StreamRuns<StreamContract> & ConnectionAdmitter

/**
 * Defines the stream of runs: GET follows a run, POST starts it, and it takes `stop` and `status`.
 *
 * @throws {SseError} `option_invalid`, naming the option.
 */
export function defineRunStream(runs: Runs, options: GivenRunOptions): StreamDefinition {
  const { contract } = runs
  checkOptions(options, contract)
  checkRunOptions(options, contract)
  const { id, start } = options
  const idOf = async (context: unknown): Promise<string> => {
    const given = context as StreamContext<StreamContract>
    return id ? id(given) : (Object.values(given.params)[0] as string)
  }

  const follow = async (context: unknown) => runs.follow(await idOf(context))
  const open = async (context: unknown) => {
    const name = await idOf(context)
    const { source, ...startOptions } = readStart(await start?.(context as StreamContext<StreamContract>))
    return runs.open(name, source, startOptions)
  }

  async function stop(context: unknown, _: unknown, { readHeader }: ActionRequest): Promise<Reply> {
    requireJson(readHeader('content-type'))
    const name = await idOf(context)
    // A client that may start a run may also stop it before its start has arrived. Any other id is a mistake.
    if (!start) await runs.status(name)
    return jsonReply(await runs.stop(name))
  }

  async function status(context: unknown): Promise<Reply> {
    // Id and group are the server's own names.
    const { id: _id, group: _group, ...shown } = await runs.status(await idOf(context))
    return jsonReply(shown)
  }

  return {
    contract,
    options: { ...options, hub: runs },
    makeSource: follow,
    mount: {
      start: start && open,
      actions: [
        { name: 'stop', method: 'POST', answer: stop },
        { name: 'status', method: 'GET', answer: status },
      ],
    },
  }
}

/** Returns whether a value is the result of `createRuns`, also one of another copy of this package. */
export function isRuns(value: unknown): value is Runs {
  return isHub(value) && 'follow' in value
}

function readStart(given: RunStart<StreamContract> | undefined): StartOptions & {
  source: RunSource<StreamContract>
} {
  return typeof given === 'object' && given !== null ? given : { source: given as RunSource<StreamContract> }
}

function checkRunOptions({ authorize, id, start, ...rest }: GivenRunOptions, { path }: StreamContract): void {
  if (typeof authorize !== 'function') {
    throw invalidOption(
      'authorize is required for runs: a function that returns an identity. () => true opens them to everyone',
    )
  }
  for (const [name, value] of Object.entries({ id, start })) {
    if (value !== undefined && typeof value !== 'function') throw invalidOption(`${name} must be a function`)
  }
  const count = path.match(/:\w+/g)?.length ?? 0
  if (!id && count !== 1) {
    throw invalidOption(`id is required: "${path}" has ${count} parameters, so none of them names the run`)
  }
  for (const name of ['hub', 'maxEventBytes'] as const) {
    if (rest[name] !== undefined)
      throw invalidOption(`${name} is not an option of a run stream; set it in createRuns`)
  }
}
