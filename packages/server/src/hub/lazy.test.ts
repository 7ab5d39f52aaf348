import { defineStream, type } from '@sse/contract'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createHub, memory } from '../index.ts'
import type { Engine, PresenceStore } from '../log/engine.ts'

const contract = defineStream({ path: '/leads', events: { count: type<number>() } })

/** Records every call of an engine and of its presence store. */
function recorded(): { engine: Engine; calls: string[] } {
  const calls: string[] = []
  const record = <Target extends object>(target: Target): Target =>
    new Proxy(target, {
      get(own, name) {
        const value = Reflect.get(own, name)
        if (typeof value !== 'function') return value
        calls.push(String(name))
        return value.bind(own)
      },
    })
  const presence: PresenceStore = {
    enter: async () => {},
    leave: async () => {},
    touch: async () => true,
    present: async () => [],
  }
  const engine = Object.assign(memory(), { presence: record(presence) })
  // `append` and `read` are looked at by the check of the options, and not called.
  return { engine: record(engine), calls }
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('close', () => {
  it('waits for the read that opens the log', async () => {
    const order: string[] = []
    const engine = memory()
    const working = engine.read.bind(engine)
    const read = async (...given: Parameters<Engine['read']>) => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      order.push('read')
      return working(...given)
    }
    const close = async () => {
      order.push('close')
    }
    const hub = createHub(contract, { engine: Object.assign(engine, { read, close }) })
    hub.getState(() => 1).catch(() => {})
    await hub.close()
    expect(order).toEqual(['read', 'close'])
  })
})

describe('createHub', () => {
  it('calls no engine and starts no timer', async () => {
    const timers = [vi.spyOn(globalThis, 'setInterval'), vi.spyOn(globalThis, 'setTimeout')]
    const { engine, calls } = recorded()
    const hub = createHub(contract, { engine })
    hub.subscribe('ada')
    expect(hub.stats()).toMatchObject({ connections: 0, head: 0 })
    await Promise.resolve()
    expect(calls.filter((name) => name !== 'append' && name !== 'read')).toEqual([])
    for (const timer of timers) expect(timer).not.toHaveBeenCalled()
    await hub.close()
  })

  it('closes without having used its engine', async () => {
    const { engine, calls } = recorded()
    await createHub(contract, { engine }).close()
    expect(calls.filter((name) => name !== 'append' && name !== 'read')).toEqual(['close'])
  })

  it('listens to its engine and polls it from the first subscription on', async () => {
    const interval = vi.spyOn(globalThis, 'setInterval')
    const { engine, calls } = recorded()
    const hub = createHub(contract, { engine })
    const next = hub.subscribe('ada')[Symbol.asyncIterator]().next()
    await new Promise((resolve) => setImmediate(resolve))
    expect(calls).toContain('onWake')
    expect(interval).toHaveBeenCalledOnce()
    await hub.publish('ada', 'count', 1)
    expect((await next).value).toMatchObject({ payload: 1 })
    await hub.close()
  })

  it('polls presence from the first listener on', async () => {
    const { engine, calls } = recorded()
    const hub = createHub(contract, { engine })
    hub.onPresence('ada', () => {})
    await new Promise((resolve) => setImmediate(resolve))
    expect(calls).toContain('present')
    await hub.close()
    expect(calls).not.toContain('leave') // nobody was present
  })
})

describe('a closed hub', () => {
  it('rejects presence and listeners, and starts nothing', async () => {
    const hub = createHub(contract)
    await hub.close()
    await expect(hub.presence('ada')).rejects.toMatchObject({ code: 'hub_closed' })
    expect(() => hub.onPresence('ada', () => {})).toThrow(expect.objectContaining({ code: 'hub_closed' }))
  })

  it('ends a loop that was not started before', async () => {
    const hub = createHub(contract)
    await hub.publish('ada', 'count', 1)
    const loop = hub.subscribe('ada')[Symbol.asyncIterator]()
    await hub.close()
    await expect(loop.next()).rejects.toMatchObject({ code: 'hub_closed' })
  })
})
