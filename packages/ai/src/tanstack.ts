/**
 * `StreamDurability` for TanStack AI on runs: a stream survives the response that started it, on any engine.
 *
 * @see docs/guides/ai.md
 * @module
 */
import { defineStream, SseError, type StreamContract, type } from '@sse/contract'
import type { Runs } from '@sse/server/runs'
import type { StreamChunk, StreamDurability } from '@tanstack/ai'
import { type ChunkEvent, type ChunkRuns, endError, hasEnded, PushedRun, readRun } from './pushed-run.ts'

type ChunkStream = StreamContract<'/runs/:run', { readonly chunk: ReturnType<typeof type<StreamChunk>> }>

/** Contract of runs whose events are chunks of TanStack AI. Create the runs without `merge`. */
export const streamChunks: ChunkStream = defineStream({
  path: '/runs/:run',
  events: { chunk: type<StreamChunk>() },
})

/** The run of a stream, for an app that does not read it from the request. */
export interface DurableRun {
  /** Id of the run: 1 to 200 characters without control characters. Others must not be able to choose it. */
  runId: string
  /** Offset to resume after. Default `null`: this is the producer. */
  offset?: string | null
}

export interface StreamDurabilityOptions {
  /** Aborted when the run is stopped with `runs.stop`, or lost: pass the one that `chat()` has. */
  abortController?: AbortController
}

/**
 * Makes the durability adapter of one request. The producer starts a run with its first chunk; of several producers with
 * the same run id, one runs, and the others fail with `run_exists`. A run whose process crashes ends as `lost` within
 * `leaseMs`, and its readers get an error.
 *
 * The run id is the header `X-Run-Id` or the query parameter `runId`, and the offset the header `Last-Event-ID` or the
 * query parameter `offset`. Check that this user may read, or start, that run: pass `{ runId, offset }` with an id of
 * your own, such as the user's and the run's.
 *
 * @throws {SseError} `param_missing`: the request has no run id.
 * @example
 * const durability = { adapter: streamDurability(runs, request) }
 * return toServerSentEventsResponse(chat({ … }), { durability })
 */
export function streamDurability(
  runs: Runs<ChunkStream>,
  source: Request | DurableRun,
  { abortController }: StreamDurabilityOptions = {},
): StreamDurability {
  const { runId: id, offset = null } = 'runId' in source ? source : readRequest(source)
  const chunks = runs as unknown as ChunkRuns
  let starting: Promise<PushedRun> | undefined

  function start(): Promise<PushedRun> {
    starting ??= PushedRun.start(chunks, id).then((run) => {
      if (!run) throw hasEnded()
      const { signal } = run
      signal.addEventListener('abort', () => abortController?.abort(signal.reason))
      return run
    })
    return starting
  }

  const read: StreamDurability['read'] = async function* (after, signal) {
    const start = after === 'now' ? (await snapshot()).at(-1)?.offset : after === '-1' ? undefined : after
    for await (const event of readRun(chunks, id, { after: start }, signal)) yield toChunk(event)
    const failure = signal?.aborted ? undefined : endError(await chunks.status(id))
    if (failure) throw failure
  }

  async function snapshot(): ReturnType<StreamDurability['snapshot']> {
    const stored: { offset: string; chunk: StreamChunk }[] = []
    try {
      for await (const event of readRun(chunks, id, { untilHead: true })) stored.push(toChunk(event))
    } catch (error) {
      if ((error as Partial<SseError>).code !== 'run_unknown') throw error
    }
    return stored
  }

  return {
    resumeFrom: () => offset,
    append: async (given) => (await start()).push(given),
    read,
    close: async () => {
      await (await start()).end()
    },
    snapshot,
  }
}

function toChunk({ event, id, payload }: ChunkEvent): { offset: string; chunk: StreamChunk } {
  if (event !== 'gap') return { offset: id, chunk: payload as StreamChunk }
  throw new SseError('last_event_id_invalid', 'This run has no such offset, or no longer has its chunks')
}

function readRequest({ headers, url }: Request): DurableRun {
  const { searchParams } = new URL(url)
  const runId = headers.get('x-run-id') || searchParams.get('runId')
  if (!runId) {
    throw new SseError('param_missing', 'streamDurability: send the run id as X-Run-Id, or as ?runId')
  }
  return { runId, offset: headers.get('last-event-id') || searchParams.get('offset') }
}
