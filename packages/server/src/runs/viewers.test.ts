import { defineStream, type } from '@sse/contract'
import { until } from '@sse/test-support/until'
import { afterEach, describe, expect, it } from 'vitest'
import { NATIVE } from '../dialects/native.ts'
import { memory } from '../index.ts'
import type { SharedFrames } from '../log/shared-frames.ts'
import { Connection } from '../stream/connection.ts'
import type { Sink } from '../stream/sink.ts'
import { createRuns, type Runs, type RunsOptions } from './index.ts'
import { controlChannel, eventsChannel, RUN_EVENT } from './run-names.ts'

const contract = defineStream({ path: '/answers/:run', events: { step: type<{ n: number }>() } })
type Contract = typeof contract

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

function testRuns(options: RunsOptions<Contract>) {
  const errors: unknown[] = []
  const runs = createRuns(contract, { onError: (error) => errors.push(error), ...options })
  open.push(() => runs.close())
  return { runs, errors }
}

/** An engine that may reject an append that it has stored, as one with a connection: runs then use keys. */
function keyed() {
  return Object.assign(memory(), { rejectsOnlyUnstored: false })
}

/** Collects what a connection writes. `isFull`: as if its client read nothing. */
class RecordingSink implements Sink {
  readonly shared: SharedFrames[] = []
  text = ''
  isEnded = false
  isFull = false

  write(data: string | Uint8Array): boolean {
    this.text += typeof data === 'string' ? data : new TextDecoder().decode(data)
    return !this.isFull
  }
  writeShared(frames: SharedFrames): boolean {
    this.shared.push(frames)
    return this.write(frames.bytes)
  }
  end(): void {
    this.isEnded = true
  }
  destroy(): void {
    this.isEnded = true
  }
  afterTurn(task: () => void): void {
    setImmediate(task)
  }
  closeTransport(): void {}
}

/** Connects a viewer to a run, as a request does. */
async function view(runs: Runs<Contract>, id: string, lastEventId?: string) {
  const sink = new RecordingSink()
  const never = Number.POSITIVE_INFINITY
  const settings = { path: contract.path, heartbeatMs: never, retryMs: undefined, stallTimeoutMs: never }
  const limits = {
    compressor: undefined,
    maxConnectionMs: never,
    reauthorizeMs: never,
    authorize: () => true,
    onError() {},
  }
  const connection = new Connection({ ...settings, ...limits, encode: String, control: NATIVE }, lastEventId)
  open.push(() => connection.gone())
  await connection.prepare(() => runs.follow(id))
  connection.start(sink)
  return { sink, connection }
}

/** A run that yields a step for each call. */
async function startSteps(runs: Runs<Contract>, id = 'a') {
  const steps: number[] = []
  let wake = () => {}
  let isOver = false
  const run = await runs.start(id, async function* ({ event, signal }) {
    for (;;) {
      while (steps.length > 0) yield event('step', { n: steps.shift() as number })
      if (isOver || signal.aborted) return
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  })
  const yieldStep = (n: number) => {
    steps.push(n)
    wake()
  }
  const finish = () => {
    isOver = true
    wake()
  }
  return { run, yieldStep, finish }
}

const stepsOf = (text: string) => [...text.matchAll(/data: \{"n":(\d+)\}/g)].map(([, n]) => Number(n))
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

describe('the viewers of a run', () => {
  it('write the same bytes, live and at the end, and the control entries are in none of them', async () => {
    const { runs } = testRuns({})
    const { run, yieldStep, finish } = await startSteps(runs)
    const viewers = await Promise.all([view(runs, 'a'), view(runs, 'a'), view(runs, 'a')])
    for (const n of upTo(20)) {
      yieldStep(n)
      await until(() => viewers.every(({ sink }) => stepsOf(sink.text).length === n + 1))
    }
    finish()
    await run.done
    await until(() => viewers.every(({ sink }) => sink.isEnded))
    const [first, ...others] = viewers.map(({ sink }) => sink)
    expect(stepsOf(first?.text ?? '')).toEqual(upTo(20))
    for (const { shared, text } of others) {
      expect(text).toBe(first?.text)
      for (const [index, { bytes }] of shared.entries()) expect(bytes).toBe(first?.shared[index]?.bytes)
    }
    expect(first?.text).not.toContain(RUN_EVENT)
    expect(first?.text).toMatch(/event: sse.end\ndata: {"status":"completed"}\n\n$/)
  })

  it('get nothing that follows the end, not even in the batch that the end came in', async () => {
    const engine = memory()
    const { runs } = testRuns({ engine })
    const { yieldStep } = await startSteps(runs)
    const live = await view(runs, 'a')
    yieldStep(0)
    await until(() => stepsOf(live.sink.text).length === 1)
    const step = (n: number) => ({ channel: eventsChannel('a', 1), event: 'step', data: `{"n":${n}}` })
    const end = { type: 'ended', outcome: { status: 'stopped' } }
    // As a process that was paused writes behind the end.
    await engine.append([
      step(1),
      { channel: controlChannel('a'), event: RUN_EVENT, data: JSON.stringify(end) },
      step(2),
    ])
    await until(() => live.sink.isEnded)
    const late = await view(runs, 'a')
    for (const { sink } of [live, late]) {
      expect(stepsOf(sink.text)).toEqual([0, 1])
      expect(sink.text).toMatch(/event: sse.end\ndata: {"status":"stopped"}\n\n$/)
    }
  })

  it('that take nothing for a while get the rest in order, and then the end', async () => {
    const { runs } = testRuns({})
    const { run, yieldStep, finish } = await startSteps(runs)
    const { sink, connection } = await view(runs, 'a')
    sink.isFull = true
    for (const n of upTo(50)) {
      yieldStep(n)
      await new Promise((resolve) => setImmediate(resolve))
    }
    finish()
    await run.done
    expect(sink.isEnded).toBe(false)
    sink.isFull = false
    connection.drained()
    await until(() => sink.isEnded)
    expect(stepsOf(sink.text)).toEqual(upTo(50))
  })
})

describe('the events of a run', () => {
  it('are not read back from the engine after they were appended', async () => {
    const engine = keyed()
    const { runs } = testRuns({ engine })
    const { yieldStep } = await startSteps(runs)
    const { sink } = await view(runs, 'a')
    let reads = 0
    const read = engine.read.bind(engine)
    engine.read = (...given) => {
      reads += 1
      return read(...given)
    }
    for (const n of upTo(200)) {
      yieldStep(n)
      await until(() => stepsOf(sink.text).length === n + 1)
    }
    // The log is polled about once a second.
    expect(reads).toBeLessThan(50)
  })

  it('are all stored when an id is used again while only the start of its earlier run was removed', async () => {
    const engine = keyed()
    const { runs, errors } = testRuns({ engine })
    for (const round of [1, 2]) {
      const run = await runs.start('a', function* ({ event }) {
        for (let n = 0; n < 20; n += 1) yield event('step', { n: round * 100 + n })
      })
      expect([run.joined, await run.done]).toEqual([false, { status: 'completed' }])
      if (round === 1) await engine.trim({ maxEvents: 15, maxAgeMs: 1e12, maxCommitAgeMs: 1e12 })
    }
    const seen: unknown[] = []
    for await (const { payload } of runs.follow('a')) seen.push(payload)
    expect(seen).toEqual(upTo(20).map((n) => ({ n: 200 + n })))
    expect(errors).toEqual([])
  })
})
