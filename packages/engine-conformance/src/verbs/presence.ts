import type { Engine, Member, PresenceStore } from '@sse/server/engine-kit'
import { checkSame } from '../broken-promise.ts'
import type { EngineCase } from '../opened-engine.ts'
import { wait } from './entries.ts'

const LONG_MS = 60_000
const SHORT_MS = 300

const member = (identity: string, channel = 'desk'): Member => ({ channel, identity })
const sorted = async (presence: PresenceStore, channel = 'desk') =>
  (await presence.present(channel)).toSorted()

export const presence: readonly EngineCase[] = [
  {
    promise: 'an identity is present in its channels, once, from enter to leave',
    needs: 'presence',
    async show({ engine }) {
      const store = presenceOf(engine)
      checkSame(await sorted(store), [], this.promise)
      await store.enter('p1', [member('anna'), member('bert'), member('anna', 'other')], LONG_MS)
      await store.enter('p1', [member('anna')], LONG_MS)
      checkSame(
        [await sorted(store), await sorted(store, 'other')],
        [['anna', 'bert'], ['anna']],
        this.promise,
      )
      await store.leave('p1', [member('anna'), member('dora')])
      checkSame([await sorted(store), await sorted(store, 'other')], [['bert'], ['anna']], this.promise)
      await store.leave('p1', [member('anna', 'other')])
      checkSame(await sorted(store, 'other'), [], this.promise)
    },
  },
  {
    promise: 'an identity is present while any process has entered it: leave removes it for one process only',
    needs: 'presence',
    async show({ engine }) {
      const store = presenceOf(engine)
      await store.enter('p1', [member('anna')], LONG_MS)
      await store.enter('p2', [member('anna'), member('bert')], LONG_MS)
      checkSame(await sorted(store), ['anna', 'bert'], this.promise)
      await store.leave('p1', [member('anna'), member('bert')])
      checkSame(await sorted(store), ['anna', 'bert'], this.promise)
      await store.leave('p2', [member('anna')])
      checkSame(await sorted(store), ['bert'], this.promise)
    },
  },
  {
    promise: 'members of a process expire unless it renews its lease',
    needs: 'presence',
    async show({ engine }) {
      const store = presenceOf(engine)
      await store.enter('silent', [member('anna')], SHORT_MS)
      await store.enter('lively', [member('bert')], SHORT_MS)
      checkSame(await store.touch('lively', LONG_MS), true, 'touch resolves with true for a valid lease')
      checkSame(await sorted(store), ['anna', 'bert'], this.promise)
      await wait(SHORT_MS * 3)
      checkSame(await sorted(store), ['bert'], this.promise)
      checkSame(await store.touch('silent', LONG_MS), false, 'touch resolves with false for an expired lease')
      checkSame(await sorted(store), ['bert'], 'touch does not restore expired members')
      await store.enter('silent', [member('anna')], LONG_MS)
      checkSame(await sorted(store), ['anna', 'bert'], 'members entered again are present again')
    },
  },
  {
    promise: 'names of identities, channels and processes are never confused',
    needs: 'presence',
    async show({ engine }) {
      const store = presenceOf(engine)
      const names = ['__proto__', 'constructor', 'a:b', 'a', 'A', '👩‍👩‍👧‍👦', 'x'.repeat(256)]
      for (const name of names) await store.enter(name, [member(name, name)], LONG_MS)
      for (const name of names) checkSame(await sorted(store, name), [name], this.promise)
    },
  },
  {
    promise: 'engines on one log share presence',
    needs: 'presence and another',
    async show({ engine, another }) {
      const other = presenceOf(await (another as () => Promise<Engine>)())
      await presenceOf(engine).enter('p1', [member('anna')], LONG_MS)
      checkSame(await sorted(other), ['anna'], this.promise)
      await other.enter('p2', [member('bert')], LONG_MS)
      checkSame(await sorted(presenceOf(engine)), ['anna', 'bert'], this.promise)
    },
  },
]

const presenceOf = (engine: Engine) => engine.presence as PresenceStore
