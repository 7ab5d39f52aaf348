import type { Engine, Member, PresenceStore } from '@sse/server'
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
    promise: 'who has entered is present until they leave, each once, in their channels alone',
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
      await store.leave('p1', [member('anna'), member('nobody')])
      checkSame([await sorted(store), await sorted(store, 'other')], [['bert'], ['anna']], this.promise)
      await store.leave('p1', [member('anna', 'other')])
      checkSame(await sorted(store, 'other'), [], this.promise)
    },
  },
  {
    promise: 'an identity is present while any process has it: a leave touches no other process',
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
    promise:
      'the members of a process that says nothing are gone after its time, those of one that does stay',
    needs: 'presence',
    async show({ engine }) {
      const store = presenceOf(engine)
      await store.enter('silent', [member('anna')], SHORT_MS)
      await store.enter('lively', [member('bert')], SHORT_MS)
      checkSame(await store.touch('lively', LONG_MS), true, 'touch says that the members are held')
      checkSame(await sorted(store), ['anna', 'bert'], this.promise)
      await wait(SHORT_MS * 3)
      checkSame(await sorted(store), ['bert'], this.promise)
      checkSame(await store.touch('silent', LONG_MS), false, 'touch says that the members are gone')
      checkSame(await sorted(store), ['bert'], 'a word of a process brings nobody back')
      await store.enter('silent', [member('anna')], LONG_MS)
      checkSame(await sorted(store), ['anna', 'bert'], 'who is entered again is present again')
    },
  },
  {
    promise: 'every identity, channel and process has its own name',
    needs: 'presence',
    async show({ engine }) {
      const store = presenceOf(engine)
      const names = ['__proto__', 'constructor', 'a:b', 'a', 'A', '👩‍👩‍👧‍👦', 'x'.repeat(256)]
      for (const name of names) await store.enter(name, [member(name, name)], LONG_MS)
      for (const name of names) checkSame(await sorted(store, name), [name], this.promise)
    },
  },
  {
    promise: 'engines on one log share who is present',
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
