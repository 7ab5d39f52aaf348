import { sse } from '@sse/server/express'
import express from 'express'
import { contract } from '../contract.ts'
import type { Listen } from '../rows.ts'

export const listen: Listen = (ticks) => {
  const app = express()
  app.get(
    contract.path,
    sse(contract, ({ event }) => ticks((tick) => event('tick', tick))),
  )
  return app.listen(0)
}
