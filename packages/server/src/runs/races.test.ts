import { defineStream, type } from '@sse/contract'
import { afterEach, describe, expect, it } from 'vitest'
import { SharedLog, seededRandom } from '../fixtures/shared-log.ts'
import { createRuns, type RunContext, type RunOutcome, type Runs } from './index.ts'

const contract = defineStream({
  path: '/runs/:id',
  events: { n: type<{ attempt: number; n: number }>() },
})
type Contract = typeof contract

/** `RUNS_SEEDS=500` for many, `RUNS_SEED=17` for one again. */
const { RUNS_SEEDS = '40', RUNS_SEED } = process.env
const seeds = RUNS_SEED
  ? [Number(RUNS_SEED)]
  : Array.from({ length: Number(RUNS_SEEDS) }, (_, index) => index + 1)

const open: Runs<Contract>[] = []
afterEach(() => Promise.all(open.splice(0).map((runs) => runs.close())))

/** What one viewer saw: since the last gap, and how it ended. */
interface Seen {
  readonly events: { attempt: number; n: number }[]
  outcome?: RunOutcome
}

async function view(runs: Runs<Contract>, id: string): Promise<Seen> {
  for (;;) {
    const seen: Seen = { events: [] }
    try {
      const events = runs.follow(id)[Symbol.asyncIterator]()
      for (;;) {
        const { done, value } = await events.next()
        if (done) return { ...seen, outcome: value as unknown as RunOutcome }
        if (value.event === 'gap') seen.events.length = 0
        else seen.events.push(value.payload as Seen['events'][0])
      }
    } catch (error) {
      if ((error as { code?: string }).code !== 'run_unknown') throw error
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }
}

describe('starts, stops, ends, crashes and pauses of three processes in any order', () => {
  it.each(seeds)(
    'run a source once for each attempt, and show every viewer the same (seed %i)',
    async (seed) => {
      const random = seededRandom(seed)
      const turns = async (max: number) => {
        for (let left = Math.floor(random() * max); left > 0; left -= 1) {
          await new Promise<void>((resolve) => setImmediate(resolve))
        }
      }
      const log = new SharedLog(random)
      const errors: unknown[] = []
      const processes = Array.from({ length: 3 }, () => {
        const process = log.open()
        const runs = createRuns(contract, {
          engine: process.engine,
          leaseMs: 300,
          onError: (error) => errors.push(error),
        })
        return { ...process, runs }
      })
      const id = 'r'
      const maxAttempts = random() < 0.5 ? 1 : 3
      const length = Math.floor(random() * 8)
      const isFailing = random() < 0.2
      const calls: number[] = []
      const source = async function* ({ event, attempt }: RunContext<Contract>) {
        calls.push(attempt)
        for (let n = 0; n < length; n += 1) {
          yield event('n', { attempt, n })
          await turns(12)
        }
        if (isFailing) throw new Error('as told')
        await turns(40)
      }

      const ends: Promise<RunOutcome>[] = []
      const views: Promise<Seen>[] = []
      const [victim, ...others] = processes as [(typeof processes)[0], ...typeof processes]
      const acts = processes.map(async ({ runs }, index) => {
        await turns(30)
        const starts = index === 0 || random() < 0.7
        if (starts) {
          const started = runs.start(id, source, { maxAttempts }).then(({ done }) => {
            if (index > 0) ends.push(done)
          })
          if (index > 0) await started
          else started.catch(() => {})
        }
        if (index > 0) views.push(view(runs, id))
        if (random() < 0.3) {
          await turns(60)
          const stopped = runs.stop(id)
          if (index > 0) ends.push(stopped)
          else stopped.catch(() => {})
        }
      })
      const fault = random()
      const faults = (async () => {
        await turns(80)
        if (fault < 0.35) victim.crash()
        else if (fault < 0.7) {
          victim.pause()
          await new Promise((resolve) => setTimeout(resolve, random() * 200))
          victim.resume()
        }
      })()
      await Promise.all([...acts, faults])

      // The victim's start may have had no effect: then nothing has started the run.
      const [survivor] = others as [(typeof others)[0]]
      const last = await survivor.runs.start(id, source, { maxAttempts })
      ends.push(last.done)
      for (const { runs } of others) views.push(view(runs, id))
      const outcomes = await Promise.all(ends)
      const seen = await Promise.all(views)
      for (const { runs } of others) seen.push(await view(runs, id))
      const { status, attempt } = await survivor.runs.status(id)

      expect(new Set(calls).size).toBe(calls.length)
      expect(Math.max(0, ...calls)).toBeLessThanOrEqual(maxAttempts)
      expect(new Set(outcomes.map((outcome) => outcome.status))).toEqual(new Set([status]))
      const [first] = seen as [Seen]
      for (const each of seen) expect(each).toEqual(first)
      expect(first.outcome?.status).toBe(status)
      expect(first.events).toEqual(first.events.map((_, n) => ({ attempt, n })))
      if (status === 'completed' || (status === 'failed' && isFailing))
        expect(first.events).toHaveLength(length)
      if (fault >= 0.7) expect(status).not.toBe('lost')
      open.push(...others.map(({ runs }) => runs))
      if (fault >= 0.35) open.push(victim.runs)
      // A process that is paused reports that its lease was not renewed in time.
      const isExpected = ({ message, code }: { message?: string; code?: string }) =>
        message === 'as told' || code === 'engine_unavailable'
      expect(errors.filter((error) => !isExpected(error as Error))).toEqual([])
    },
  )
})

describe('starts of different runs of one group in three processes', () => {
  it.each(seeds)('leave one running, whose id every start and process names (seed %i)', async (seed) => {
    const random = seededRandom(seed)
    const log = new SharedLog(random)
    const processes = Array.from({ length: 3 }, () => createRuns(contract, { engine: log.open().engine }))
    open.push(...processes)
    const calls: string[] = []
    const started = await Promise.all(
      processes.map(async (runs, index) => {
        for (let left = Math.floor(random() * 20); left > 0; left -= 1) {
          await new Promise<void>((resolve) => setImmediate(resolve))
        }
        const source = async function* ({ id, event, signal }: RunContext<Contract>) {
          calls.push(id)
          yield event('n', { attempt: 1, n: 1 })
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
        }
        return runs.start(`r${index}`, source, { group: 'g' })
      }),
    )
    const [winner] = started.filter(({ joined }) => !joined).map(({ id }) => id)
    expect(calls).toEqual([winner])
    expect(started.map(({ id }) => id)).toEqual(started.map(() => winner))
    for (const runs of processes) {
      expect(await runs.latest('g')).toMatchObject({ id: winner, status: 'running', group: 'g' })
    }
  })
})
