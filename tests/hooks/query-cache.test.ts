import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { QueryClient, QueryObserver } from '@tanstack/query-core'
import { expect, it, onTestFinished } from 'vitest'
import { codeBlocks } from '../readme/code-blocks.ts'
import { writeBlocks } from '../readme/write-blocks.ts'

interface Order {
  item: string
}
const orders = defineStream({ path: '/orders', events: { order: type<Order>() } })
const patience = { timeout: 15_000 }

it('the recipe for TanStack Query appends, resumes after a break and after a pause, and loads once', async () => {
  const blocks = codeBlocks('docs/guides/gaps-and-state.md').filter(({ file }) => file === 'orders-query.ts')
  const folder = writeBlocks('query-cache', blocks)
  const { followOrders, ordersQuery } = await import(`${folder}docs/guides/gaps-and-state.md/orders-query.ts`)

  const hub = createHub(orders)
  const all: Order[] = [{ item: 'from before' }]
  const sell = async (item: string) => {
    all.push({ item })
    await hub.publish('shop', 'order', { item })
  }
  const resumed: (string | undefined)[] = []
  let loads = 0
  const stream = sse(orders, ({ lastEventId }) => {
    resumed.push(lastEventId)
    return hub.subscribe('shop', { after: lastEventId })
  })
  const server = createServer(async (req, res) => {
    if (req.url === '/orders') return stream(req, res)
    loads += 1
    res.end(JSON.stringify(await hub.getState(() => all)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    await hub.close()
    server.closeAllConnections()
    server.close()
  })
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const client = new QueryClient()
  const observer = new QueryObserver<{ state: Order[] }>(client, ordersQuery(baseUrl))
  onTestFinished(observer.subscribe(() => {}))
  const items = () => observer.getCurrentResult().data?.state.map(({ item }) => item)

  const first = await followOrders(client, baseUrl)
  await sell('tea')
  await expect.poll(items, patience).toEqual(['from before', 'tea'])
  server.closeAllConnections()
  await sell('cake')
  await expect.poll(items, patience).toEqual(['from before', 'tea', 'cake'])
  first.close()
  await sell('while nobody listened')
  const second = await followOrders(client, baseUrl)
  await expect.poll(items, patience).toEqual(['from before', 'tea', 'cake', 'while nobody listened'])
  second.close()
  expect(loads).toBe(1)
  expect(resumed.every(Boolean)).toBe(true)
  client.clear()
})
