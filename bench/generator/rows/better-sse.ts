import { createServer } from 'node:http'
import { createSession } from 'better-sse'
import type { Listen } from '../rows.ts'
import { asIs } from '../ticks.ts'

/** Pushes without looking at the socket: what it has not sent waits in memory. */
export const listen: Listen = (ticks) =>
  createServer(async (req, res) => {
    const session = await createSession(req, res)
    await session.iterate(ticks(asIs), { eventName: 'tick' })
  }).listen(0)
