import { expect, it } from 'vitest'
import { read, serveHub, testHub } from '../fixtures/hub-server.ts'

it('getState and the stream after it contain every row between them, while others publish', async () => {
  const hub = testHub()
  const { origin } = await serveHub(hub)
  const rows: number[] = []
  let isOver = false
  const publishing = (async () => {
    for (let n = 0; !isOver; n += 1) {
      rows.push(n) // committed first, published then
      await hub.publish('ada', 'count', n)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  })()
  for (let round = 0; round < 20; round += 1) {
    const { lastEventId, state } = await hub.getState(async () => {
      await new Promise((resolve) => setTimeout(resolve, 2))
      return [...rows]
    })
    const reader = await read(`${origin}/leads/ada`, lastEventId)
    await reader.until(({ payloads }) => payloads.includes(state.length + 5))
    const seen = new Set([...state, ...(reader.payloads as number[])])
    for (let n = 0; n < state.length + 5; n += 1) expect(seen).toContain(n)
    reader.close()
  }
  isOver = true
  await publishing
})

it('getState works on an empty hub, rejects with what its function throws, and rejects on a closed hub', async () => {
  const hub = testHub()
  const { origin } = await serveHub(hub)
  const { lastEventId, state } = await hub.getState(() => 'nothing yet')
  expect(state).toBe('nothing yet')
  const reader = await read(`${origin}/leads/ada`, lastEventId)
  await hub.publish('ada', 'count', 1)
  await reader.until(({ payloads }) => payloads.length === 1)
  await expect(
    hub.getState(() => {
      throw new Error('no database')
    }),
  ).rejects.toThrow('no database')
  await hub.close()
  await expect(hub.getState(() => 1)).rejects.toMatchObject({ code: 'hub_closed' })
})
