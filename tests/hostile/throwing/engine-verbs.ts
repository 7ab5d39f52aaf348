import { type HubOptions, memory } from '@sse/server'
import type { PresenceStore } from '@sse/server/engine-kit'
import { overrideEngine, type Verb } from '../engines/overridden-engine.ts'
import type { App, Callback } from './app.ts'
import type { Misbehave, Way } from './misbehave.ts'

/** An engine's own time limits are its own: a hub waits for it. */
const SETTLING: readonly Way[] = ['throws', 'rejects', 'throws what is no error', 'returns nonsense']

/** Misbehaves at some of the calls, beginning with the third: the log can be opened. */
const sometimes = (verb: Verb, misbehave: Misbehave): HubOptions => {
  const inner = memory()
  let calls = 0
  const work = (...given: unknown[]) => {
    calls += 1
    if (calls > 2 && calls % 3 === 0) return misbehave()
    return (Reflect.get(inner, verb) as (...given: unknown[]) => unknown).apply(inner, given)
  }
  return {
    engine: overrideEngine(inner, { [verb]: work }),
    ring: { maxEvents: 2 },
    retention: { maxEvents: 40 },
  }
}

const always = (verb: Verb, misbehave: Misbehave): HubOptions => ({
  engine: overrideEngine(memory(), { [verb]: misbehave }),
  retention: { maxEvents: 40 },
})

/** A store of presence that does nothing, with one verb that misbehaves. */
const store = (verb: string, misbehave: Misbehave): HubOptions => {
  const presence = {
    enter: async () => {},
    leave: async () => {},
    touch: async () => true,
    present: async () => [],
    [verb]: misbehave,
  }
  return { engine: overrideEngine(memory(), { presence }) }
}

const useAll = async ({ hub }: App): Promise<void> => {
  const { lastEventId } = await hub.getState(() => undefined)
  const uses = [
    hub.ack('reader', lastEventId),
    hub.committed('reader'),
    hub.presence('everyone'),
    hub.publish('elsewhere', 'beat', { serial: 0 }),
    hub.forget('reader'),
    hub.revoke('someone'),
    new Promise((resolve) => resolve(hub.publishIn({} as never, 'elsewhere', 'beat', { serial: 0 }))),
  ]
  hub.onPresence('everyone', () => {})
  // Rejections of these calls are the app's to handle, and handled here.
  await Promise.race([Promise.allSettled(uses), new Promise((resolve) => setTimeout(resolve, 50))])
}

/** What becomes of a verb that misbehaves from the third call on, or always. A verb without an entry does not compile. */
const engineVerbs = {
  append: 'sometimes',
  read: 'sometimes',
  onWake: 'always',
  trim: 'always',
  commit: 'always',
  committed: 'always',
  forget: 'always',
  insert: 'always',
  close: 'always',
} as const satisfies Record<Verb, 'sometimes' | 'always'>
const presenceVerbs = {
  enter: 'always',
  leave: 'always',
  touch: 'always',
  present: 'always',
} as const satisfies Record<keyof PresenceStore, 'always'>
const namesOf = <Table extends object>(table: Table) => Object.keys(table) as Extract<keyof Table, string>[]

export const engines: readonly Callback[] = [
  ...namesOf(engineVerbs).map(
    (verb): Callback => ({
      name: `the engine's ${verb}()`,
      ways: engineVerbs[verb] === 'sometimes' ? SETTLING : undefined,
      hub: (misbehave) => (engineVerbs[verb] === 'sometimes' ? sometimes : always)(verb, misbehave),
      provoke: useAll,
    }),
  ),
  ...namesOf(presenceVerbs).map(
    (verb): Callback => ({
      name: `the presence store's ${verb}()`,
      hub: (misbehave) => store(verb, misbehave),
      provoke: useAll,
    }),
  ),
]
