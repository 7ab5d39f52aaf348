/**
 * `ResumableStreamStore` for assistant-ui on runs: `createResumableStreamContext` without Redis, on any engine.
 *
 * @see docs/guides/ai.md
 * @module
 */
import { defineStream, SseError, type StreamContract, type } from '@sse/contract'
import { digest } from '@sse/contract/protocol'
import type { RunStatus, Runs } from '@sse/server/runs'
import type { ResumableStreamStore } from 'assistant-stream/resumable'
import { type ChunkRuns, endError, PushedRun, readRun } from './pushed-run.ts'

type ByteStream = StreamContract<'/streams/:run', { readonly chunk: ReturnType<typeof type<string>> }>

/** Contract of runs whose events are bytes, as base64. Create the runs without `merge`. */
export const byteChunks: ByteStream = defineStream({
  path: '/streams/:run',
  events: { chunk: type<string>() },
})

type Store = Required<ResumableStreamStore>

interface Producer {
  readonly run: PushedRun
  readonly token: string
}

/** Error of a store, as `assistant-stream` has it. */
class ResumableStreamError extends Error {
  override name = 'ResumableStreamError'
  readonly code: 'missing' | 'finalized' | 'invalid-id'

  constructor(code: ResumableStreamError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/**
 * Makes a store of assistant-ui. Of all processes, one is the producer of a stream. If it crashes, readers get an error
 * within `leaseMs`, and the status is `error`.
 *
 * `ttlMs` has no effect: the runs' `retention.maxAgeMs` says how long a stream is kept, one hour by default.
 *
 * @example
 * const runs = createRuns(byteChunks, { engine: sqlite('streams.db') })
 * const context = createResumableStreamContext({ store: resumableStore(runs) })
 */
export function resumableStore(runs: Runs<ByteStream>): Store {
  const chunks = runs as unknown as ChunkRuns
  /** Streams that this process produces. */
  const producers = new Map<string, Producer>()

  /** The newest run of a stream; `undefined` if there is none, or it was deleted. */
  async function find(streamId: string): Promise<RunStatus | undefined> {
    const status = await runs.latest(await groupOf(streamId))
    return status?.id.endsWith(DELETED) ? undefined : status
  }

  /** Returns this process's producer, if the lease is its own. */
  function producerOf(streamId: string, lease: { readonly token: string } | undefined): Producer | undefined {
    const producer = producers.get(streamId)
    return lease && producer?.token !== lease.token ? undefined : producer
  }

  /** Makes the error of an append that was not stored. */
  async function refusal(streamId: string, run: PushedRun | undefined): Promise<Error> {
    const status = await find(streamId)
    if (!status) return notFound(streamId)
    const isOwn = status.id === run?.id || !run
    return isOwn && status.status !== 'running'
      ? new ResumableStreamError('finalized', `Stream already finalized: ${streamId}`)
      : new ResumableStreamError('missing', `Stream superseded by a new acquisition: ${streamId}`)
  }

  const acquireLease: Store['acquireLease'] = async (streamId) => {
    const group = await groupOf(streamId)
    const last = await runs.latest(group)
    const isTaken = last && !last.id.endsWith(DELETED)
    // Every process makes the same id, so that one of several producers starts the run.
    const generation = last ? Number.parseInt(last.id.slice(group.length + 1), 10) + 1 : 0
    const run = isTaken ? undefined : await PushedRun.start(chunks, `${group}/${generation}`, { group })
    if (!run) return { role: 'consumer' }
    const token = crypto.randomUUID()
    producers.set(streamId, { run, token })
    return { role: 'producer', lease: { token } }
  }

  return {
    acquireLease,

    acquire: async (streamId) => (await acquireLease(streamId)).role,

    async append(streamId, chunk, lease) {
      checkStreamId(streamId)
      const run = producerOf(streamId, lease)?.run
      try {
        if (!run) throw notFound(streamId)
        await run.push([toBase64(chunk)])
      } catch (error) {
        // The engine may have refused the chunk of a stream that is still running.
        throw run && !run.isOver ? error : await refusal(streamId, run)
      }
    },

    async finalize(streamId, status, error = 'Stream errored', lease) {
      checkStreamId(streamId)
      const run = producerOf(streamId, lease)?.run
      if (!run) {
        if (await find(streamId)) return false
        throw notFound(streamId)
      }
      producers.delete(streamId)
      const failure = new SseError('run_failed', error)
      const outcome = await run.end(status === 'error' ? failure : undefined)
      return outcome.status === (status === 'error' ? 'failed' : 'completed')
    },

    async *read(streamId, cursor, signal) {
      const id = (await find(streamId))?.id
      if (id === undefined) throw notFound(streamId)
      for await (const { event, id: next, payload } of readRun(chunks, id, { after: cursor }, signal)) {
        if (event === 'gap')
          throw new ResumableStreamError('missing', `Cursor is no longer stored: ${streamId}`)
        yield { cursor: next, chunk: fromBase64(payload as string) }
      }
      const failure = signal.aborted ? undefined : endError(await chunks.status(id))
      if (failure && failure.code !== 'stopped') throw failure
    },

    async status(streamId) {
      const found = await find(streamId)
      return found ? STATUS[found.status] : 'missing'
    },

    async delete(streamId) {
      const found = await find(streamId)
      if (!found) return
      producers.delete(streamId)
      // Becomes the newest of the stream, and stops the one that it replaces.
      const group = await groupOf(streamId)
      const marker = await runs.start(found.id + DELETED, () => [], { group, ifRunning: 'replace' })
      await marker.done
    },
  }
}

const DELETED = '/deleted'
const STATUS = {
  running: 'streaming',
  completed: 'done',
  stopped: 'done',
  failed: 'error',
  lost: 'error',
} as const
/** Longer ids are hashed: the id of a run has at most 200 characters. */
const MAX_GROUP_CHARS = 150

function checkStreamId(streamId: string): void {
  if (/^[\w.:-]{1,256}$/.test(streamId)) return
  throw new ResumableStreamError('invalid-id', `Invalid streamId: ${streamId}`)
}

async function groupOf(streamId: string): Promise<string> {
  checkStreamId(streamId)
  return streamId.length > MAX_GROUP_CHARS ? digest(streamId) : streamId
}

function notFound(streamId: string): Error {
  return new Error(`Stream not found: ${streamId}`)
}

function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}
