import { fileURLToPath } from 'node:url'
import { type Program, startProgram } from '@sse/test-support/program'
import { until } from '@sse/test-support/until'
import { describe, expect, it } from 'vitest'
import { openLog } from './open-log.ts'
import { closeLater, readRun, serve, startRuns } from './scope.ts'

/** Longer than a process of a busy machine has to wait for its turn. */
const LEASE_MS = 6_000
const program = fileURLToPath(new URL('runner-process.ts', import.meta.url))

let lastId = 0
const newId = () => `crashed run ${++lastId}`

/** What happens to runs whose process is killed, paused or raced, on an engine that other processes open by its URL. */
export function crashTable(name: string, urlOf: () => string): void {
  const open = async () => startRuns(await openLog(urlOf()), { leaseMs: LEASE_MS }).runs

  function startProcess(id: string, maxAttempts = 1, leaseMs = LEASE_MS): Program {
    const args = ['--conditions=@sse/source', program, urlOf(), id, String(leaseMs), String(maxAttempts)]
    const child = startProgram(process.execPath, args)
    closeLater(() => child.stop('SIGKILL'))
    return child
  }

  describe(`processes that share ${name}`, { timeout: 120_000 }, () => {
    it('start one run between them, and each sees its end', async () => {
      const id = newId()
      const children = Array.from({ length: 3 }, () => startProcess(id, 1, 60_000))
      await Promise.all(children.map((child) => child.says(/^(joined|started)$/m)))
      await until(() => children.some(({ output }) => /^running 1$/m.test(output)))
      expect(await (await open()).stop(id)).toEqual({ status: 'stopped' })
      await Promise.all(children.map((child) => child.says(/^done stopped$/m)))
      const ran = children.filter(({ output }) => /^running/m.test(output))
      expect(ran.map(({ output }) => output)).toEqual([expect.stringMatching(/^aborted stopped$/m)])
      expect(children.filter(({ output }) => /^started$/m.test(output))).toEqual(ran)
    })

    // The others wait for a lease to expire, at the same time.
    it.concurrent('tell viewers of a killed runner that the run is lost, after everything it had stored', async () => {
      const id = newId()
      const child = startProcess(id)
      await child.says(/^running 1$/m)
      const runs = await open()
      const viewer = await (await serve(runs))(id)
      await viewer.until(({ payloads }) => payloads.length === 10)
      await child.stop('SIGKILL')
      expect((await viewer.message('sse.end')).data).toBe('{"status":"lost"}')
      expect(viewer.payloads).toEqual(viewer.payloads.map((_, n) => ({ n })))
      expect(await runs.status(id)).toMatchObject({ status: 'lost' })
      expect(await readRun(runs, id)).toEqual(viewer.payloads)
    })

    it.concurrent('find a run lost that had no viewers when its process was killed', async () => {
      const id = newId()
      const child = startProcess(id)
      await child.says(/^running 1$/m)
      await child.stop('SIGKILL')
      const runs = await open()
      await until(async () => (await runs.status(id)).status === 'lost')
      const again = await runs.start(id, () => {
        throw new Error('called')
      })
      expect(await again.done).toEqual({ status: 'lost' })
    })

    it.concurrent('do not let a paused runner that wakes up write behind the end', async () => {
      const id = newId()
      const child = startProcess(id)
      const runs = await open()
      await child.says(/^running 1$/m)
      const viewer = await (await serve(runs))(id)
      await viewer.until(({ payloads }) => payloads.length === 10)
      child.signal('SIGSTOP')
      expect((await viewer.message('sse.end')).data).toBe('{"status":"lost"}')
      const before = await readRun(runs, id)
      child.signal('SIGCONT')
      await child.says(/^aborted lost$/m)
      await child.says(/^done lost$/m)
      expect(await readRun(runs, id)).toEqual(before)
      expect(before).toEqual(viewer.payloads)
    })

    it.concurrent('take over the run of a paused process if told to, and viewers see the new attempt after a gap', async () => {
      const id = newId()
      const child = startProcess(id, 2)
      await child.says(/^running 1$/m)
      const [one, other] = [await open(), await open()]
      const attempts: number[] = []
      const run = await one.start(
        id,
        async function* ({ event, attempt }) {
          attempts.push(attempt)
          for (const token of ['a', 'b', 'c']) yield event('delta', token)
        },
        { maxAttempts: 2 },
      )
      expect(run.joined).toBe(true)
      const viewer = await (await serve(other))(id)
      await viewer.until(({ payloads }) => payloads.length === 10)
      child.signal('SIGSTOP')
      expect((await viewer.message('sse.end')).data).toBe('{"status":"completed"}')
      expect(attempts).toEqual([2])
      expect(await run.done).toEqual({ status: 'completed' })
      const gap = viewer.messages.findIndex(({ event }) => event === 'sse.gap')
      expect(viewer.messages[gap]?.data).toBe('{"reason":"restarted"}')
      expect(viewer.messages.slice(gap + 1, -1).map(({ data }) => data)).toEqual(['"a"', '"b"', '"c"'])
      child.signal('SIGCONT')
      await child.says(/^aborted lost$/m)
      expect(await readRun(other, id)).toEqual(['a', 'b', 'c'])
      const earlier = viewer.events[2]?.id
      expect(await readRun(other, id, earlier)).toEqual(['gap: restarted', 'a', 'b', 'c'])
    })
  })
}
