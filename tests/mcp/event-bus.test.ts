import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMcpHandler, McpServer, type ServerEventBus } from '@modelcontextprotocol/server'
import { type ChangeEvent, createEventBus, mcpMessages } from '@sse/mcp'
import { createHub, memory } from '@sse/server'
import type { Engine } from '@sse/server/engine-kit'
import { sqlite } from '@sse/sqlite'
import { until } from '@sse/test-support/until'
import { expect, it } from 'vitest'

it('a change that one process announces reaches the listeners of every process', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sse-mcp-'))
  const hubs = [1, 2].map(() => createHub(mcpMessages, { engine: sqlite(join(folder, 'mcp.db')) }))
  const buses: ServerEventBus[] = hubs.map((hub) => createEventBus(hub))
  const seen: ChangeEvent[][] = [[], []]
  const stops = buses.map((bus, n) => bus.subscribe((event) => void seen[n]?.push(event as ChangeEvent)))
  await until(() => hubs.every((hub) => hub.stats().channels === 1))
  const handler = createMcpHandler(() => new McpServer({ name: 'a', version: '1.0.0' }), {
    bus: buses[0] as ServerEventBus,
  })
  handler.notify.toolsChanged()
  buses[1]?.publish({ kind: 'resource_updated', uri: 'file:///a' })
  const expected = [{ kind: 'tools_list_changed' }, { kind: 'resource_updated', uri: 'file:///a' }]
  await until(() => seen.every((events) => events.length === 2))
  for (const events of seen) expect(events).toEqual(expect.arrayContaining(expected))
  expect(seen[0]).toEqual(seen[1])
  for (const stop of stops) stop()
  await handler.close()
  await Promise.all(hubs.map((hub) => hub.close()))
  await rm(folder, { recursive: true })
})

it('follows the log while there is a listener, and a removed listener is not called', async () => {
  await using hub = createHub(mcpMessages)
  const bus = createEventBus(hub)
  const seen: string[] = []
  const first = bus.subscribe(() => seen.push('first'))
  const second = bus.subscribe(() => seen.push('second'))
  await until(() => hub.stats().channels === 1)
  bus.publish({ kind: 'tools_list_changed' })
  await until(() => seen.length === 2)
  first()
  first()
  bus.publish({ kind: 'tools_list_changed' })
  await until(() => seen.length === 3)
  expect(seen).toEqual(['first', 'second', 'second'])
  second()
  await until(() => hub.stats().channels === 0)
})

it('a listener that throws is reported and does not keep the event from the others', async () => {
  await using hub = createHub(mcpMessages)
  const errors: unknown[] = []
  const bus = createEventBus(hub, { onError: (error) => errors.push(error) })
  const seen: ChangeEvent[] = []
  bus.subscribe(() => {
    throw new Error('listener')
  })
  const stop = bus.subscribe((event) => seen.push(event))
  await until(() => hub.stats().channels === 1)
  bus.publish({ kind: 'prompts_list_changed' })
  await until(() => seen.length === 1)
  expect(errors).toMatchObject([{ message: 'listener' }])
  stop()
})

it('a change that is announced right after the first listener was added reaches it', async () => {
  await using hub = createHub(mcpMessages, { engine: memory() })
  const bus = createEventBus(hub)
  const seen: ChangeEvent[] = []
  const stop = bus.subscribe((event) => seen.push(event))
  bus.publish({ kind: 'tools_list_changed' })
  await until(() => seen.length === 1)
  stop()
})

it('entries of other programs are skipped and reported', async () => {
  await using hub = createHub(mcpMessages)
  const errors: unknown[] = []
  const bus = createEventBus(hub, { onError: (error) => errors.push(error) })
  const seen: ChangeEvent[] = []
  const stop = bus.subscribe((event) => seen.push(event))
  await until(() => hub.stats().channels === 1)
  for (const payload of [null, 1, 'x', {}, { kind: 'drop' }, { kind: 'resource_updated' }, { kind: 1 }]) {
    await hub.publish('mcp-changes', 'change', payload as never)
  }
  bus.publish({ kind: 'tools_list_changed' })
  await until(() => seen.length === 1)
  expect(seen).toEqual([{ kind: 'tools_list_changed' }])
  expect(errors).toMatchObject(Array(7).fill({ code: 'message_invalid' }))
  stop()
})

it('a publish that fails is reported, and nothing is unhandled', async () => {
  const engine: Engine = Object.assign(memory(), { append: () => Promise.reject(new Error('down')) })
  await using hub = createHub(mcpMessages, { engine, onError: () => {} })
  const errors: unknown[] = []
  createEventBus(hub, { onError: (error) => errors.push(error) }).publish({ kind: 'tools_list_changed' })
  await until(() => errors.length === 1)
  expect(errors).toMatchObject([{ kind: 'engine' }])
})

it('continues without a hole after the engine failed', async () => {
  const engine = memory()
  const read = engine.read.bind(engine)
  let isDown = false
  const failing: Engine = Object.assign(engine, {
    read: (...given: Parameters<Engine['read']>) =>
      isDown ? Promise.reject(new Error('down')) : read(...given),
  })
  await using hub = createHub(mcpMessages, { engine: failing, ring: { maxEvents: 1 }, onError: () => {} })
  const errors: unknown[] = []
  const bus = createEventBus(hub, { onError: (error) => errors.push(error) })
  const seen: ChangeEvent[] = []
  const stop = bus.subscribe((event) => seen.push(event))
  await until(() => hub.stats().channels === 1)
  bus.publish({ kind: 'resource_updated', uri: 'a:0' })
  await until(() => seen.length === 1)
  isDown = true
  for (let n = 1; n <= 5; n += 1) bus.publish({ kind: 'resource_updated', uri: `a:${n}` })
  setTimeout(() => {
    isDown = false
  }, 100)
  await until(() => seen.length === 6)
  expect(seen.map((event) => 'uri' in event && event.uri)).toEqual(
    Array.from({ length: 6 }, (_, n) => `a:${n}`),
  )
  stop()
})
