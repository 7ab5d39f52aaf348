import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { Listen } from '../rows.ts'
import { asIs } from '../ticks.ts'

export const listen: Listen = (ticks) => {
  const app = new Hono()
  app.get('/ticks', (c) =>
    streamSSE(c, async (stream) => {
      for await (const tick of ticks(asIs)) {
        await stream.writeSSE({ event: 'tick', data: JSON.stringify(tick) })
      }
    }),
  )
  return serve({ fetch: app.fetch, port: 0 }) as Server
}
