import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { sse } from '@sse/server/hono'
import { Hono } from 'hono'
import { contract } from '../contract.ts'
import type { Listen } from '../rows.ts'

export const listen: Listen = (ticks) => {
  const app = new Hono()
  app.get(
    contract.path,
    sse(contract, ({ event }) => ticks((tick) => event('tick', tick))),
  )
  return serve({ fetch: app.fetch, port: 0 }) as Server
}
