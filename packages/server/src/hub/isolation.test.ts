import type { ServerResponse } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { readOpen, serveHub, testHub } from '../fixtures/hub-server.ts'
import { eventually } from '../fixtures/server-scope.ts'
import { memory } from '../index.ts'
import { Fanout, type Follower } from '../log/fanout.ts'
import type { StoredFrame } from '../log/stored-frame.ts'

const frame = (position: number, channel: string): StoredFrame => ({
  position,
  channel,
  event: 'count',
  latestKey: undefined,
  at: 0,
  bytes: new Uint8Array(3),
})

function follower(own: Partial<Follower> = {}) {
  return { isLive: true, mask: 0, deliver: vi.fn(), reset: vi.fn(), fail: vi.fn(), end: vi.fn(), ...own }
}

const fault = new Error('broken follower')
const throwing = () => {
  throw fault
}

describe('the fan-out', () => {
  it.each([
    ['one channel', [frame(1, 'a')]],
    ['several channels', [frame(1, 'a'), frame(2, 'b')]],
  ])('of %s closes a follower that throws and delivers to the others', (_what, frames) => {
    const onError = vi.fn()
    const fanout = new Fanout(onError)
    const broken = follower({ deliver: throwing })
    const others = [follower(), follower()]
    for (const one of [others[0], broken, others[1]]) fanout.add(one as Follower, ['a', 'b'])
    fanout.deliver(frames)
    expect(broken.fail).toHaveBeenCalledExactlyOnceWith(fault)
    expect(broken.isLive).toBe(false)
    for (const other of others) expect(other.deliver).toHaveBeenCalledOnce()
    expect(onError).not.toHaveBeenCalled()
  })

  it('resets and ends the other followers when one throws, even while it is closed', () => {
    const onError = vi.fn()
    const fanout = new Fanout(onError)
    const other = follower()
    fanout.add(follower({ reset: throwing, end: throwing, fail: throwing }), ['a'])
    fanout.add(other, ['a'])
    fanout.reset('epoch', 3)
    fanout.end()
    expect(other.reset).toHaveBeenCalledWith('epoch', 3)
    expect(other.end).toHaveBeenCalledOnce()
    expect(onError.mock.calls).toEqual([[fault], [fault]])
  })
})

describe('a response whose write throws', () => {
  it('is closed; the other readers get the event and publish resolves', async () => {
    const hub = testHub()
    let victim: ServerResponse | undefined
    const { origin } = await serveHub(hub, { onError: () => {} }, (listener) => (req, res) => {
      if (req.headers['last-event-id'] === 'x-0') victim = res
      // A wrapped `write`, as middleware has it, keeps the response from being written to directly.
      const write = res.write
      res.write = ((...given: Parameters<typeof write>) => {
        if (res === victim && isBroken) throw new Error('wrapped write')
        return write.apply(res, given)
      }) as typeof write
      listener(req, res)
    })
    let isBroken = false
    const before = await readOpen(`${origin}/leads/ada`)
    await readOpen(`${origin}/leads/ada`, 'x-0')
    const after = await readOpen(`${origin}/leads/ada`)
    isBroken = true
    await expect(hub.publish('ada', 'count', 1)).resolves.toMatch(/-1$/)
    for (const reader of [before, after]) {
      await reader.until(({ events }) => events.length === 1)
      expect(reader.payloads).toEqual([1])
    }
    await eventually(() => hub.stats().connections === 2)
  })
})

describe('a callback of the app that throws', () => {
  it('in latestPerKey is reported, and the event is delivered', async () => {
    const errors: unknown[] = []
    const hub = testHub({
      latestPerKey: () => throwing(),
      onError: (error) => errors.push(error),
    })
    const { origin } = await serveHub(hub)
    const reader = await readOpen(`${origin}/leads/ada`)
    await expect(hub.publish('ada', 'count', 1, { key: 'k' })).resolves.toMatch(/-1$/)
    await hub.publish('ada', 'count', 2, { key: 'k' })
    await reader.until(({ events }) => events.length === 2)
    expect(reader.payloads).toEqual([1, 2])
    expect(errors).toEqual([fault, fault])
  })

  it.each([
    ['throws', throwing],
    ['rejects', () => Promise.reject(fault)],
  ])('onError that %s is logged and harms nothing', async (_what, onError) => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const engine = memory()
    const hub = testHub({
      engine: Object.assign(engine, { trim: () => Promise.reject(new Error('trim')) }),
      retention: { maxEvents: 1 },
      onError: onError as (error: unknown) => void,
    })
    await hub.publish('ada', 'count', 1)
    await eventually(() => log.mock.calls.length > 0)
    expect(log).toHaveBeenCalledWith(fault)
    await expect(hub.publish('ada', 'count', 2)).resolves.toMatch(/-2$/)
    log.mockRestore()
  })

  it.each([
    ['throws', throwing],
    ['rejects', () => Promise.reject(fault)],
  ])('a presence listener that %s is reported, and the others are called', async (_what, listener) => {
    const errors: unknown[] = []
    const hub = testHub({ onError: (error) => errors.push(error) })
    const { origin } = await serveHub(hub)
    const seen: unknown[] = []
    hub.onPresence('ada', listener as () => void)
    hub.onPresence('ada', (change) => seen.push(change))
    await readOpen(`${origin}/leads/ada`)
    expect(seen).toEqual([{ type: 'join', channel: 'ada', identity: 'ada' }])
    await eventually(() => errors.length === 1)
    expect(errors).toEqual([fault])
  })
})
