import type { Engine } from '@sse/server/engine-kit'
import { check, checkRejects, checkSame } from '../broken-promise.ts'
import type { EngineCase } from '../opened-engine.ts'
import { makeEntries, payloads, range } from './entries.ts'

const KEEP_ALL = { maxEvents: Number.POSITIVE_INFINITY, maxAgeMs: Number.POSITIVE_INFINITY }

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
        read: () => engine.read(0, 10),
        'read of the state': () => engine.read(0, 0),
        trim: () => engine.trim(KEEP_ALL),
        commit: () => engine.commit('anna', { epoch: 'e1', position: 1 }),
        committed: () => engine.committed('anna'),
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
      await engine.trim({ maxEvents: 15, maxAgeMs: Number.POSITIVE_INFINITY })
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
      await engine.trim({ maxEvents: 15, maxAgeMs: Number.POSITIVE_INFINITY })
      await showSurvival(await (crash as () => Promise<Engine>)(), epoch, this.promise)
    },
  },
  {
    promise: 'after a restart a log trimmed to nothing assigns no position again, or the epoch has changed',
    needs: 'reopen',
    async show({ engine, reopen }) {
      const { epoch } = await engine.append(makeEntries(7))
      await engine.trim({ maxEvents: 0, maxAgeMs: Number.POSITIVE_INFINITY })
      await engine.close()
      const reopened = await (reopen as () => Promise<Engine>)()
      const next = await reopened.append(makeEntries(1))
      check(next.epoch !== epoch || next.positions[0] === 8, this.promise, `position ${next.positions[0]}`)
    },
  },
]

async function showSurvival(engine: Engine, epoch: string, promise: string): Promise<void> {
  const page = await engine.read(0, 100)
  if (page.epoch !== epoch) return // it is another log
  checkSame([page.oldest, page.head, payloads(page)], [7, 21, range(7, 21)], promise)
  checkSame((await engine.committed('anna'))?.position, 9, promise)
  const { positions } = await engine.append([
    ...makeEntries(1, { idempotencyKey: 'a' }),
    ...makeEntries(1, {}, 22),
  ])
  checkSame(positions, [21, 22], promise)
}
