import { type HubOptions, memory } from '@sse/server'
import { type Engine, overrideEngine } from '../engines/overridden-engine.ts'
import type { App, Callback } from './app.ts'
import type { Misbehave, Way } from './misbehave.ts'

/** An engine's own time limits are its own: a hub waits for it. */
const SETTLING: readonly Way[] = ['throws', 'rejects', 'throws what is no error', 'returns nonsense']

/** Misbehaves at some of the calls, beginning with the third: the log can be opened. */
const sometimes = (verb: keyof Engine & string, misbehave: Misbehave): HubOptions => {
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

const always = (verb: keyof Engine & string, misbehave: Misbehave): HubOptions => ({
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
  ]
  hub.onPresence('everyone', () => {})
  // Rejections of these calls are the app's to handle, and handled here.
  await Promise.race([Promise.allSettled(uses), new Promise((resolve) => setTimeout(resolve, 50))])
}

/** Verbs of an engine. A test compares them with those that an engine has. */
export const engineVerbs = ['append', 'read', 'onWake', 'trim', 'commit', 'committed', 'close'] as const
export const presenceVerbs = ['enter', 'leave', 'touch', 'present'] as const

export const engines: readonly Callback[] = [
  ...engineVerbs.map(
    (verb): Callback => ({
      name: `the engine's ${verb}()`,
      ways: verb === 'append' || verb === 'read' ? SETTLING : undefined,
      hub: (misbehave) =>
        verb === 'append' || verb === 'read' ? sometimes(verb, misbehave) : always(verb, misbehave),
      provoke: useAll,
    }),
  ),
  ...presenceVerbs.map(
    (verb): Callback => ({
      name: `the presence store's ${verb}()`,
      hub: (misbehave) => store(verb, misbehave),
      provoke: useAll,
    }),
  ),
]
