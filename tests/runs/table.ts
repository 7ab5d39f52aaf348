import type { Engine } from '@sse/server/engine-kit'
import type { RunContext, RunsOptions } from '@sse/server/runs'
import { until } from '@sse/test-support/until'
import { describe, expect, it } from 'vitest'
import type { Answers } from './answers.ts'
import { deferred } from './deferred.ts'
import { readRun, serve, startRuns } from './scope.ts'

type Context = RunContext<Answers>

let lastId = 0
const newId = () => `run ${++lastId}`

/** The promises of runs, as tests over several processes that share one log. `open` opens it from one more process. */
export function runsTable(name: string, open: () => Engine | Promise<Engine>): void {
  const start = async (options: RunsOptions<Answers> = {}) =>
    startRuns(await open(), { leaseMs: 5_000, ...options }).runs
  const two = async (options?: RunsOptions<Answers>) => [await start(options), await start(options)] as const

  describe(`runs on ${name}`, () => {
    it('runs a source once under a race of starts in several processes, and every start sees the same end', async () => {
      const all = [await start(), await start(), await start()] as const
      const id = newId()
      let calls = 0
      const started = await Promise.all(
        [...all, ...all].map((runs) =>
          runs.start(id, async function* ({ event }: Context) {
            calls += 1
            yield event('delta', 'a')
          }),
        ),
      )
      expect(started.filter(({ joined }) => !joined)).toHaveLength(1)
      const ends = await Promise.all(started.map(({ done }) => done))
      expect(ends).toEqual(ends.map(() => ({ status: 'completed' })))
      expect(calls).toBe(1)
    })

    it('never runs a run again that has ended, and keeps it readable in every process', async () => {
      const [one, other] = await two()
      const id = newId()
      const first = await one.start(id, async function* ({ event }) {
        yield event('delta', 'a')
        yield event('step', { n: 1 })
      })
      await first.done
      const second = await other.start(id, () => {
        throw new Error('called again')
      })
      expect(second.joined).toBe(true)
      expect(await second.done).toEqual({ status: 'completed' })
      expect(await readRun(other, id)).toEqual(['a', { n: 1 }])
      expect(await other.status(id)).toMatchObject({ id, status: 'completed', attempt: 1 })
    })

    it('stores a text of any characters and shows it unchanged in every process', async () => {
      const [one, other] = await two()
      const id = newId()
      const texts = ['', '\0', ' <b>\n\n</b>\n', '"a"\u2028', '\ufeff🦊', 'data: x', '\\']
      const run = await one.start(id, async function* ({ event }) {
        for (const text of texts) yield event('html', text)
      })
      expect(await run.done).toEqual({ status: 'completed' })
      expect(await readRun(other, id)).toEqual(texts)
    })

    it('continues without viewers, and shows a late viewer everything from the start, then live, then the end', async () => {
      const [one, other] = await two()
      const follow = await serve(other)
      const id = newId()
      const more = deferred()
      const run = await one.start(id, async function* ({ event, signal }) {
        for (const token of ['a', 'b', 'c']) yield event('delta', token)
        await more.promise
        expect(signal.aborted).toBe(false)
        yield event('delta', 'd')
      })
      const gone = await follow(id)
      await gone.until(({ payloads }) => payloads.length === 3)
      gone.close()
      const late = await follow(id)
      await late.until(({ payloads }) => payloads.length === 3)
      more.resolve()
      expect(await run.done).toEqual({ status: 'completed' })
      const end = await late.message('sse.end')
      expect(late.payloads).toEqual(['a', 'b', 'c', 'd'])
      expect(end).toEqual({ event: 'sse.end', id: 'sse.end', data: '{"status":"completed"}' })
      expect((await follow(id, 'sse.end')).response.status).toBe(204)
    })

    it('resumes after the last event id, in another process too', async () => {
      const [one, other] = await two()
      const [followOne, followOther] = [await serve(one), await serve(other)]
      const id = newId()
      const more = deferred()
      await one.start(id, async function* ({ event }) {
        for (const token of ['a', 'b', 'c']) yield event('delta', token)
        await more.promise
        yield event('delta', 'd')
      })
      const first = await followOne(id)
      await first.until(({ payloads }) => payloads.length === 3)
      const afterB = first.events[1]?.id as string
      first.close()
      const second = await followOther(id, afterB)
      await second.until(({ payloads }) => payloads.length === 1)
      more.resolve()
      await second.message('sse.end')
      expect(second.payloads).toEqual(['c', 'd'])
      const third = await followOther(id, afterB)
      await third.message('sse.end')
      expect(third.payloads).toEqual(['c', 'd'])
    })

    it('loops over what is stored now of a run, without waiting for more', async () => {
      const [one, other] = await two()
      const id = newId()
      const stored = async (after?: string) => {
        const payloads: unknown[] = []
        for await (const { payload } of other.follow(id, { after, untilHead: true })) payloads.push(payload)
        return payloads
      }
      await expect(stored()).rejects.toMatchObject({ code: 'run_unknown' })
      await one.start(id, async function* ({ event }) {
        yield event('delta', 'a')
        yield event('step', { n: 1 })
        await new Promise(() => {})
      })
      await until(async () => (await stored()).length === 2)
      let first = ''
      for await (const event of other.follow(id, { untilHead: true })) first ||= event.id
      expect(await stored(first)).toEqual([{ n: 1 }])
      await other.stop(id)
      expect(await stored()).toEqual(['a', { n: 1 }])
    })

    it('answers an id of another run, or of no log, with a gap and everything from the start', async () => {
      const [one] = await two()
      const [id, another] = [newId(), newId()]
      await (
        await one.start(id, async function* ({ event }) {
          yield event('delta', 'a')
        })
      ).done
      await (
        await one.start(another, async function* ({ event }) {
          yield event('delta', 'b')
        })
      ).done
      let foreign = ''
      for await (const event of one.follow(another)) foreign = event.id
      expect(await readRun(one, id, foreign)).toEqual(['gap: epoch', 'a'])
      expect(await readRun(one, id, 'nonsense')).toEqual(['gap: epoch', 'a'])
    })

    it('stops a run from another process: its signal aborts, and what it yields afterwards is not stored', async () => {
      const [one, other] = await two()
      const id = newId()
      let reason: unknown
      const yielded = deferred()
      const run = await one.start(id, async function* ({ event, signal }) {
        yield event('delta', 'a')
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
        reason = signal.reason
        yield event('delta', 'too late')
        yielded.resolve()
      })
      await until(async () => (await other.status(id)).status === 'running')
      expect(await other.stop(id)).toEqual({ status: 'stopped' })
      expect(await run.done).toEqual({ status: 'stopped' })
      await until(() => reason)
      expect(reason).toMatchObject({ code: 'stopped' })
      expect(await readRun(other, id)).toEqual(['a'])
      expect(await other.status(id)).toMatchObject({ status: 'stopped' })
    })

    it('stops a source that never yields and ignores its signal', async () => {
      const [one, other] = await two()
      const id = newId()
      const run = await one.start(id, async function* ({ event }) {
        await new Promise(() => {})
        yield event('delta', 'never')
      })
      expect(await other.stop(id)).toEqual({ status: 'stopped' })
      expect(await run.done).toEqual({ status: 'stopped' })
    })

    it('agrees on one end when stops and the completion race', async () => {
      const [one, other] = await two()
      for (let round = 0; round < 5; round += 1) {
        const id = newId()
        const go = deferred()
        const run = await one.start(id, async function* ({ event }) {
          yield event('delta', 'a')
          await go.promise
        })
        go.resolve()
        const [first, second] = await Promise.all([other.stop(id), one.stop(id)])
        const end = await run.done
        expect([first, second]).toEqual([end, end])
        expect(await other.status(id)).toMatchObject(end)
        expect(await readRun(other, id)).toEqual(await readRun(one, id))
      }
    })

    it('does not start a run that was stopped before', async () => {
      const [one, other] = await two()
      const id = newId()
      expect(await other.stop(id)).toEqual({ status: 'stopped' })
      const run = await one.start(id, () => {
        throw new Error('called')
      })
      expect(run.joined).toBe(true)
      expect(await run.done).toEqual({ status: 'stopped' })
      expect(await readRun(one, id)).toEqual([])
      expect(await one.status(id)).toMatchObject({ status: 'stopped', attempt: 0 })
    })

    it('ends a run whose source throws as failed, with every event before it, and hides what is not for clients', async () => {
      const [one, other] = await two()
      const [masked, early] = [newId(), newId()]
      const first = await one.start(masked, async function* ({ event }) {
        yield event('delta', 'a')
        throw new Error('password of the database')
      })
      expect(await first.done).toEqual({ status: 'failed', code: 'internal', message: 'Internal error' })
      expect(await readRun(other, masked)).toEqual(['a'])
      const second = await one.start(early, () => {
        throw Object.assign(new Error('before the first event'))
      })
      expect(await second.done).toMatchObject({ status: 'failed' })
      expect(await other.status(early)).toMatchObject({ status: 'failed', code: 'internal' })
    })

    it('answers an unknown run with 404', async () => {
      const [one] = await two()
      const follow = await serve(one)
      for (const id of ['never started', 'x'.repeat(300), 'a\nb']) {
        const { response } = await follow(id)
        expect(response.status).toBe(404)
        expect(await one.status(id).catch(({ code }) => code)).toBe('run_unknown')
      }
    })

    it('has at most one running run of a group under a race, and knows the newest', async () => {
      const all = [await start(), await start(), await start()] as const
      const group = newId()
      const ids = all.map(newId)
      const go = deferred()
      let calls = 0
      const source = async function* ({ event }: Context) {
        calls += 1
        yield event('delta', 'a')
        await go.promise
      }
      const started = await Promise.all(
        all.map((runs, index) => runs.start(ids[index] as string, source, { group })),
      )
      expect(started.filter(({ joined }) => !joined)).toHaveLength(1)
      expect(new Set(started.map(({ id }) => id)).size).toBe(1)
      expect(calls).toBe(1)
      const [winner] = started.map(({ id }) => id)
      for (const runs of all)
        expect(await runs.latest(group)).toMatchObject({ id: winner, status: 'running', group })
      const losers = ids.filter((id) => id !== winner)
      for (const id of losers) await expect(all[0].status(id)).rejects.toMatchObject({ code: 'run_unknown' })
      go.resolve()
      await Promise.all(started.map(({ done }) => done))
      const next = await all[1].start(losers[0] as string, source, { group })
      expect(next.joined).toBe(false)
      await next.done
      expect(await all[2].latest(group)).toMatchObject({ id: losers[0], status: 'completed' })
    })

    it('refuses, or replaces, the running run of a group if told to', async () => {
      const [one, other] = await two()
      const group = newId()
      const [first, second] = [newId(), newId()]
      const forever = async function* ({ event, signal }: Context) {
        yield event('delta', 'a')
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      }
      const run = await one.start(first, forever, { group })
      const refused = other.start(second, forever, { group, ifRunning: 'refuse' })
      await expect(refused).rejects.toMatchObject({ code: 'run_exists', status: 409 })
      await expect(other.start(first, forever, { ifRunning: 'refuse' })).rejects.toMatchObject({
        code: 'run_exists',
      })
      const next = await other.start(second, forever, { group, ifRunning: 'replace' })
      expect(next).toMatchObject({ id: second, joined: false })
      expect(await run.done).toEqual({ status: 'stopped' })
      expect(await one.latest(group)).toMatchObject({ id: second, status: 'running' })
      await one.stop(second)
      await next.done
    })

    it('stores consecutive events merged into fewer, with the same text and the first one at once', async () => {
      const [one, other] = await two({ merge: { delta: (earlier, later) => earlier + later }, batchMs: 50 })
      const id = newId()
      const first = deferred()
      const run = await one.start(id, async function* ({ event }) {
        yield event('delta', '0,')
        await first.promise
        for (let n = 1; n < 200; n += 1) {
          yield event('delta', `${n},`)
          if (n % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
        }
        yield event('step', { n: 1 })
      })
      const seen: unknown[] = []
      for await (const { payload } of other.follow(id)) {
        seen.push(payload)
        first.resolve() // the first one is not held back until others follow
      }
      expect(await run.done).toEqual({ status: 'completed' })
      expect(seen[0]).toBe('0,')
      expect(seen.at(-1)).toEqual({ n: 1 })
      expect(seen.slice(0, -1).join('')).toBe(Array.from({ length: 200 }, (_, n) => `${n},`).join(''))
      expect(seen.length).toBeLessThan(60)
    })

    it('keeps the order of many events, and misses none', async () => {
      const [one, other] = await two()
      const id = newId()
      const count = 2_000
      await one.start(id, async function* ({ event }) {
        for (let n = 0; n < count; n += 1) yield event('step', { n })
      })
      const seen = (await readRun(other, id)) as { n: number }[]
      expect(seen.map(({ n }) => n)).toEqual(Array.from({ length: count }, (_, n) => n))
    })

    it('drains: refuses starts, waits for runs, and ends what is left after the grace as failed, seen elsewhere', async () => {
      const [one, other] = await two()
      const [short, long] = [newId(), newId()]
      const go = deferred()
      const quick = await one.start(short, async function* ({ event }) {
        await go.promise
        yield event('delta', 'a')
      })
      let reason: unknown
      const slow = await other.start(long, async function* ({ event, signal }) {
        yield event('delta', 'b')
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        reason = signal.reason
      })
      const draining = one.drain({ graceMs: 60_000 })
      await expect(one.start(newId(), () => [])).rejects.toMatchObject({ code: 'draining' })
      go.resolve()
      await draining
      expect(await quick.done).toEqual({ status: 'completed' })
      await other.drain({ graceMs: 0 })
      await until(() => reason)
      expect(reason).toMatchObject({ code: 'shutdown' })
      expect(await slow.done).toMatchObject({ status: 'failed', code: 'shutdown' })
      expect(await readRun(one, short)).toEqual(['a'])
      expect(await one.status(long)).toMatchObject({ status: 'failed', code: 'shutdown' })
    })
  })
}
