import type {} from 'zone.js'
import 'zone.js/node' // patches the timers and promises of this file's process, as in an Angular app
import { type ConnectOptions, connect, type Feed, fetchTransport } from '@sse/client'
import { storedId } from '@sse/client/storage'
import { tabsTransport } from '@sse/client/tabs'
import { serve } from '@sse/test-support/http-server'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'

const server = await serve((req, res) => {
  if (req.url === '/refused') return void res.writeHead(503).end()
  res.writeHead(200, { 'content-type': 'text/event-stream' }).write('id: 1\ndata: a\n\n')
})
afterAll(() => server[Symbol.asyncDispose]())
const feeds: { close(): void }[] = []
afterEach(() => {
  for (const feed of feeds.splice(0)) feed.close()
})

/** Counts what is pending in a zone of its own, as Angular's `NgZone` does to learn when an app is stable. */
function appZone() {
  let pending = 0
  const zone = Zone.current.fork({
    name: 'app',
    onHasTask: (delegate, current, target, state) => {
      delegate.hasTask(target, state)
      if (current === target && state.change === 'macroTask') pending += state.macroTask ? 1 : -1
    },
  })
  return { zone, isStable: () => pending === 0 }
}

function open(options: ConnectOptions & { path?: string } = {}) {
  const app = appZone()
  const zonesOf: Record<string, string> = {}
  const note = (what: string) => {
    zonesOf[what] ??= Zone.current.name
  }
  const feed: Feed<Record<string, string>> = app.zone.run(() => {
    const opened = connect(`${server.origin}${options.path ?? '/'}`, {
      idleTimeoutMs: 60_000,
      onError: () => note('onError'),
      ...options,
    })
    opened.on('message', () => note('message'))
    opened.onStatus(({ state }) => note(state))
    return opened
  })
  feeds.push(feed)
  return { feed, zonesOf, ...app }
}

describe('a feed that is opened inside a zone', () => {
  it('leaves no timer and no request in it while it is open, and calls listeners in it', async () => {
    const { feed, zonesOf, isStable } = open()
    await vi.waitFor(() => expect(feed.lastEventId).toBe('1'))
    expect(isStable()).toBe(true)
    expect(zonesOf).toEqual({ connecting: 'app', open: 'app', message: 'app' })
  })

  it('leaves none while it waits for its next attempt, and reports in it', async () => {
    const { feed, zonesOf, isStable } = open({ path: '/refused', reconnect: { jitterMs: 60_000 } })
    await vi.waitFor(() => expect(feed.status.state).toBe('waiting'))
    await vi.waitFor(() => expect(isStable()).toBe(true))
    expect(zonesOf).toEqual({ connecting: 'app', waiting: 'app', onError: 'app' })
  })

  it('reports the idle timeout in it', async () => {
    const { zonesOf } = open({ idleTimeoutMs: 30, reconnect: { jitterMs: 60_000 } })
    await vi.waitFor(() => expect(zonesOf).toMatchObject({ waiting: 'app', onError: 'app' }), {
      timeout: 5_000,
    })
  })

  it.each<[string, () => ConnectOptions]>([
    [
      'a stored id',
      () => ({ lastEventId: storedId('a', { storage: new Map() as never, onError: () => {} }) }),
    ],
    ['shared tabs', () => ({ transport: tabsTransport(fetchTransport) })],
  ])('leaves none with %s', async (_, options) => {
    const warned = vi.spyOn(console, 'error')
    const { feed, isStable } = open(options())
    await vi.waitFor(() => expect(feed.lastEventId).toBe('1'))
    await vi.waitFor(() => expect(isStable()).toBe(true))
    expect(warned).not.toHaveBeenCalled()
  })
})
