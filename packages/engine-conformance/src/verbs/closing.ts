import type { Engine } from '@sse/server/engine-kit'
import { check, checkRejects, checkSame } from '../broken-promise.ts'
import type { EngineCase } from '../opened-engine.ts'
import { commitOf, KEEP_ALL, makeEntries, payloads, range, read, readState } from './entries.ts'

export const closing: readonly EngineCase[] = [
  {
    promise: 'close is idempotent, also at the same time',
    async show({ engine }) {
      await engine.append(makeEntries(1))
      await Promise.all([engine.close(), engine.close()])
      await engine.close()
    },
  },
  {
    promise: 'every call after close rejects with engine_unavailable',
    async show({ engine }) {
      await engine.append(makeEntries(1))
      await engine.close()
      const calls: Record<string, () => Promise<unknown>> = {
        append: () => engine.append(makeEntries(1)),
        read: () => read(engine, 0, 10),
        'read of the state': () => readState(engine),
        trim: () => engine.trim(KEEP_ALL),
        commit: () => engine.commit('anna', { epoch: 'e1', position: 1 }),
        committed: () => engine.committed(['anna']),
        'committed of no subscriber': () => engine.committed([]),
        forget: () => engine.forget('anna'),
      }
      for (const [name, call] of Object.entries(calls)) {
        await checkRejects(call, 'engine_unavailable', `${this.promise}: ${name}`)
      }
    },
  },
  {
    promise: 'an append during close resolves or rejects with engine_unavailable',
    async show({ engine }) {
      const outcome = engine.append(makeEntries(3)).then(
        () => 'resolved',
        (error: { code?: unknown } | undefined) => error?.code,
      )
      await engine.close()
      const seen = await outcome
      check(seen === 'resolved' || seen === 'engine_unavailable', this.promise, String(seen))
    },
  },
  {
    promise: 'after a restart every acknowledged entry is stored, or the epoch has changed',
    needs: 'reopen',
    async show({ engine, reopen }) {
      const { epoch } = await engine.append(makeEntries(20))
      await engine.append(makeEntries(1, { idempotencyKey: 'a' }, 21))
      await engine.commit('anna', { epoch, position: 9 })
      await engine.trim({ ...KEEP_ALL, maxEvents: 15 })
      await engine.close()
      await showSurvival(await (reopen as () => Promise<Engine>)(), epoch, this.promise)
    },
  },
  {
    promise: 'after a crash every acknowledged entry is stored, or the epoch has changed',
    needs: 'crash',
    async show({ engine, crash }) {
      const { epoch } = await engine.append(makeEntries(20))
      await engine.append(makeEntries(1, { idempotencyKey: 'a' }, 21))
      await engine.commit('anna', { epoch, position: 9 })
      await engine.trim({ ...KEEP_ALL, maxEvents: 15 })
      await showSurvival(await (crash as () => Promise<Engine>)(), epoch, this.promise)
    },
  },
  {
    promise: 'after a restart a log trimmed to nothing assigns no position again, or the epoch has changed',
    needs: 'reopen',
    async show({ engine, reopen }) {
      const { epoch } = await engine.append(makeEntries(7))
      await engine.trim({ ...KEEP_ALL, maxEvents: 0 })
      await engine.close()
      const reopened = await (reopen as () => Promise<Engine>)()
      const next = await reopened.append(makeEntries(1))
      check(next.epoch !== epoch || next.positions[0] === 8, this.promise, `position ${next.positions[0]}`)
    },
  },
]

async function showSurvival(engine: Engine, epoch: string, promise: string): Promise<void> {
  const page = await read(engine, 0, 100)
  if (page.epoch !== epoch) return // it is another log
  checkSame([page.oldest, page.head, payloads(page)], [7, 21, range(7, 21)], promise)
  checkSame(await commitOf(engine, 'anna'), [epoch, 9], promise)
  const { positions } = await engine.append([
    ...makeEntries(1, { idempotencyKey: 'a' }),
    ...makeEntries(1, {}, 22),
  ])
  checkSame(positions, [21, 22], promise)
}
