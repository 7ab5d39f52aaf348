import { createServer } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { listen } from '../fixtures/adapter-servers.ts'
import { readOpen, type TestHub, testHub } from '../fixtures/hub-server.ts'
import { request } from '../fixtures/raw-client.ts'
import { eventually, scoped } from '../fixtures/server-scope.ts'
import { sse } from '../node/node.ts'

const serve = (hub: TestHub) =>
  scoped(
    listen(
      createServer(
        sse(hub, { authorize: ({ params }) => params.owner, channels: 'everyone', onError: () => {} }),
      ),
    ),
  )

describe('whenIdentityLimitReached: closeOldest', () => {
  it('closes the oldest connection of the identity, for good, and admits the newcomer', async () => {
    const hub = testHub({ maxConnectionsPerIdentity: 2, whenIdentityLimitReached: 'closeOldest' })
    const { origin } = await serve(hub)
    const other = await readOpen(`${origin}/leads/ben`)
    const [first, second, third] = [
      await readOpen(`${origin}/leads/ada`),
      await readOpen(`${origin}/leads/ada`),
      await readOpen(`${origin}/leads/ada`),
    ]
    await first?.over()
    expect(JSON.parse(first?.messages.at(-1)?.data ?? '')).toMatchObject({ code: 'replaced' })
    await hub.publish('everyone', 'count', 1)
    for (const reader of [second, third, other]) await reader?.until(({ events }) => events.length === 1)
    expect(hub.stats()).toMatchObject({ connections: 3, rejected: 0 })
  })

  it('admits a client whose former connections take no bytes, and holds few of those', async () => {
    const hub = testHub({ maxConnectionsPerIdentity: 1, whenIdentityLimitReached: 'closeOldest' })
    const { origin } = await serve(hub)
    const gone = Array.from({ length: 10 }, () => {
      const socket = connect(Number(new URL(origin).port), '127.0.0.1').pause()
      socket.on('error', () => {})
      return socket
    })
    for (const socket of gone) {
      const before = hub.stats().lagging
      socket.write(request('GET', '/leads/ada'))
      await eventually(() => hub.stats().channels === 1)
      for (let rounds = 0; hub.stats().lagging === before && rounds < 60; rounds += 1) {
        await Promise.all(
          Array.from({ length: 50 }, () => hub.publish('everyone', 'text', 'x'.repeat(2_000))),
        )
      }
    }
    const reader = await readOpen(`${origin}/leads/ada`)
    await eventually(() => hub.stats().connections <= 2)
    await hub.publish('everyone', 'count', 7)
    await reader.until(({ payloads }) => payloads.includes(7))
    for (const socket of gone) socket.destroy()
  })

  it('refuses every identified client at a limit of 0', async () => {
    const hub = testHub({ maxConnectionsPerIdentity: 0, whenIdentityLimitReached: 'closeOldest' })
    const { origin } = await serve(hub)
    expect((await fetch(`${origin}/leads/ada`)).status).toBe(503)
  })

  it('is the only other word that is accepted', () => {
    expect(() => testHub({ whenIdentityLimitReached: 'newest' as 'refuse' })).toThrow(
      expect.objectContaining({ code: 'option_invalid' }),
    )
  })
})
