import { sse } from '@sse/server/fastify'
import fastify from 'fastify'
import { contract } from '../contract.ts'
import type { Listen } from '../rows.ts'

export const listen: Listen = async (ticks) => {
  const app = fastify()
  app.get(
    contract.path,
    sse(contract, ({ event }) => ticks((tick) => event('tick', tick))),
  )
  await app.listen({ port: 0 })
  return app.server
}
