import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ServerResponse } from 'node:http'
import { memory } from '@sse/server'
import { createRuns } from '@sse/server/runs'
import { overrideEngine } from '../engines/overridden-engine.ts'
import { mount, mountHub, mountRuns } from '../mount.ts'
import type { App, Callback } from './app.ts'
import type { Way } from './misbehave.ts'

/** What Node and JavaScript call without a look at a promise that is returned. */
const SYNCHRONOUS: readonly Way[] = ['throws', 'throws what is no error', 'returns nonsense']

const follow =
  ({ hub }: App) =>
  ({ lastEventId }: { lastEventId: string | undefined }) =>
    hub.subscribe('everyone', { after: lastEventId })

/** A client of the hub whose response has a method of the app's, as middleware wraps them, after its first bytes. */
const wrapped = (
  method: 'write' | 'end' | 'writeHead' | 'flushHeaders' | 'setTimeout' | 'flush',
): Callback => ({
  name: `a wrapped ${method}() of a response`,
  ways: SYNCHRONOUS,
  handler: (app, misbehave) => {
    const handler = mount(app.contract, { onError: () => {} }, follow(app))
    return (req, res: ServerResponse) => {
      const original = (Reflect.get(res, method) as ((...args: unknown[]) => unknown) | undefined)?.bind(res)
      let calls = 0
      Reflect.set(res, method, (...args: unknown[]) => {
        calls += 1
        return calls > 1 || method !== 'write' ? misbehave() : original?.(...args)
      })
      handler(req, res)
    }
  },
})

/** A function of a hub's stream. */
const ofHubStream = (option: 'authorize' | 'channels' | 'subscriber' | 'after' | 'from'): Callback => ({
  name: `${option} of a hub's stream`,
  handler: ({ hub }, misbehave) =>
    mountHub(hub, {
      authorize: () => 'ada',
      channels: 'everyone',
      onError: () => {},
      [option]: misbehave,
    }),
})

/** A function of the stream of runs, to which clients send a POST. */
const ofRuns = (name: string, option: 'authorize' | 'id' | 'start' | 'onError'): Callback => ({
  name,
  handler: ({ contract }, misbehave) => {
    const handler = mountRuns(createRuns(contract, { onError: () => {} }), {
      // An error to report, where reporting is what misbehaves.
      authorize: () => option !== 'onError' && 'ada',
      start: () => () => [],
      onError: () => {},
      [option]: misbehave,
    })
    return (req, res) => handler(Object.assign(req, { method: 'POST' }), res)
  },
})

/** Everything else that the library calls. */
export const callbacks: readonly Callback[] = [
  ofHubStream('authorize'),
  ofHubStream('channels'),
  ofHubStream('subscriber'),
  ofHubStream('after'),
  ofHubStream('from'),
  ofRuns('authorize of runs', 'authorize'),
  ofRuns('id of runs', 'id'),
  ofRuns('start of runs', 'start'),
  ofRuns('onError of the stream of runs', 'onError'),
  {
    name: "onError of a hub's stream",
    handler: ({ hub }, misbehave) =>
      mountHub(hub, { authorize: () => false, channels: 'everyone', onError: misbehave }),
  },
  {
    name: 'authorize',
    handler: (app, misbehave) =>
      mount(app.contract, { authorize: misbehave, onError: () => {} }, follow(app)),
  },
  {
    name: 'authorize, when it is asked again,',
    handler: (app, misbehave) => {
      let asked = 0
      const authorize = () => {
        asked += 1
        return asked > 6 ? misbehave() : true
      }
      return mount(app.contract, { authorize, reauthorizeMs: 30, onError: () => {} }, follow(app))
    },
  },
  {
    name: 'onError of a stream',
    handler: (app, misbehave) =>
      mount(app.contract, { onError: misbehave }, () => {
        throw new Error('source')
      }),
  },
  {
    name: 'onError of a stream that has started',
    handler: (app, misbehave) =>
      mount(app.contract, { onError: misbehave }, async function* ({ event }) {
        yield event('beat', { serial: 1 })
        throw new Error('source')
      }),
  },
  {
    name: 'onError of a stream that refuses a client',
    handler: (app, misbehave) =>
      mount(app.contract, { authorize: () => false, onError: misbehave }, follow(app)),
  },
  {
    name: 'onError of the hub, when a trim fails,',
    hub: (misbehave) => ({
      engine: overrideEngine(memory(), { trim: () => Promise.reject(new Error('engine')) }),
      retention: { maxEvents: 8 },
      onError: misbehave,
    }),
  },
  {
    name: 'onError of the hub, when the log cannot be followed,',
    hub: (misbehave) => ({ ...failingReads(), onError: misbehave }),
    provoke: noteId,
    handler: (app) =>
      mount(app.contract, { onError: () => {} }, () =>
        app.hub.subscribe('everyone', { after: oldIds.get(app) }),
      ),
  },
  {
    name: 'latestPerKey',
    hub: (misbehave) => ({ latestPerKey: misbehave }),
  },
  {
    name: 'a presence listener',
    provoke: ({ hub }, misbehave) => {
      hub.onPresence('everyone', misbehave)
      hub.onPresence('elsewhere', misbehave)
    },
  },
  {
    name: 'a diagnostics subscriber',
    provoke: (_app, misbehave) => {
      const names = [
        'connection.opened',
        'connection.first_event',
        'connection.closed',
        'connection.rejected',
      ]
        .concat('catchup', 'gap', 'publish', 'published', 'delivered')
        .map((name) => `sse.${name}`)
      for (const name of names) subscribe(name, misbehave)
      return () => {
        for (const name of names) unsubscribe(name, misbehave)
      }
    },
    // A diagnostics channel reports what its subscribers throw to the process, and calls the next one.
    allowed: /^(uncaughtException|unhandledRejection): (Error: app|undefined)/,
  },
  {
    name: 'the schema of a published event',
    validate: (misbehave) => misbehave,
    provoke: async ({ hub }) => {
      for (let count = 0; count < 5; count += 1) await settle(hub.publish('everyone', 'checked', count))
    },
  },
  {
    name: 'the schema of a yielded event',
    validate: (misbehave) => misbehave,
    handler: (app) =>
      mount(app.contract, { onError: () => {} }, async function* ({ event }) {
        yield event('beat', { serial: 1 })
        yield event('checked', 1)
      }),
  },
  {
    name: 'the toJSON of a payload',
    ways: SYNCHRONOUS,
    provoke: async ({ hub }, misbehave) => {
      const payload = { toJSON: misbehave } as unknown as { serial: number }
      await settle(hub.publish('elsewhere', 'beat', payload))
    },
  },
  {
    name: 'the read of getState()',
    provoke: async ({ hub }, misbehave) => {
      await settle(hub.getState(misbehave))
    },
  },
  {
    name: 'the body of a loop over a subscription',
    provoke: async ({ hub }, misbehave) => {
      const run = async () => {
        for await (const _event of hub.subscribe('everyone')) await misbehave()
      }
      await settle(run())
    },
  },
  wrapped('write'),
  wrapped('end'),
  wrapped('writeHead'),
  wrapped('flushHeaders'),
  wrapped('flush'),
  {
    name: 'an engine that is away while a source is awaited, and whose error handler',
    hub: (misbehave) => ({ ...failingReads(), onError: misbehave }),
    handler: (app) =>
      mount(app.contract, { onError: () => {} }, async () => {
        await new Promise((resolve) => setTimeout(resolve, 60))
        return app.hub.subscribe('everyone', { subscriber: 'away' })
      }),
  },
]

/** Whatever becomes of a promise that may never settle: its rejection is the app's to handle, and handled. */
async function settle(promise: Promise<unknown>): Promise<void> {
  const handled = promise.then(
    () => {},
    () => {},
  )
  await Promise.race([handled, new Promise((resolve) => setTimeout(resolve, 20))])
}

/** An engine that is away after a while, and wakes the hub again and again. Events of this hub do not need it. */
function failingReads() {
  const inner = memory()
  let reads = 0
  return {
    ring: { maxEvents: 2 },
    engine: overrideEngine(inner, {
      read: (...request: Parameters<typeof inner.read>) => {
        reads += 1
        // The hub opens its log with the first few.
        return reads > 4 && request[1].limit > 0
          ? Promise.reject(new Error('engine'))
          : inner.read(...request)
      },
      committed: () => Promise.reject(new Error('engine')),
      onWake: (wake: () => void) => {
        const timer = setInterval(wake, 10)
        return () => clearInterval(timer)
      },
    }),
  }
}

/** Ids that the small ring does not reach back to. */
const oldIds = new WeakMap<App, string>()
async function noteId(app: App): Promise<void> {
  oldIds.set(app, (await app.hub.getState(() => undefined)).lastEventId)
  await new Promise((resolve) => setTimeout(resolve, 30))
}
