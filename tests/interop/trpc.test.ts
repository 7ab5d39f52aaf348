import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { EventSource } from '@sse/client/event-source'
import { createTRPCClient, httpSubscriptionLink } from '@trpc/client'
import { initTRPC, tracked } from '@trpc/server'
import { createHTTPServer } from '@trpc/server/adapters/standalone'
import { afterAll, beforeAll, expect, it } from 'vitest'

const t = initTRPC.create()
let starts = 0
const router = t.router({
  count: t.procedure
    .input((value) => value as { lastEventId?: string } | undefined)
    .subscription(async function* ({ input }) {
      starts += 1
      const from = Number(input?.lastEventId ?? 0)
      // The first connection breaks in the middle.
      for (let n = from + 1; n <= 5; n += 1) {
        if (n === 3 && starts === 1) throw new Error('broken')
        yield tracked(`${n}`, n)
      }
      await new Promise(() => {})
    }),
})

let server: Server
beforeAll(async () => {
  server = createHTTPServer({ router }) as Server
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

it('tRPC’s subscriptions run on the class: typed, resumed after the last id', async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createTRPCClient<typeof router>({ links: [httpSubscriptionLink({ url, EventSource })] })
  const seen: number[] = []
  await new Promise<void>((resolve, reject) => {
    const subscription = client.count.subscribe(undefined, {
      onData: ({ data }) => {
        seen.push(data)
        if (data < 5) return
        subscription.unsubscribe()
        resolve()
      },
      onError: reject,
    })
  })
  expect(seen).toEqual([1, 2, 3, 4, 5])
  expect(starts).toBe(2)
}, 20_000)
