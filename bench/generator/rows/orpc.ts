import { createServer } from 'node:http'
import { os } from '@orpc/server'
import { RPCHandler } from '@orpc/server/node'
import type { Listen } from '../rows.ts'
import { asIs } from '../ticks.ts'

export const listen: Listen = (ticks) => {
  const router = { ticks: os.route({ method: 'GET' }).handler(() => ticks(asIs)) }
  const handler = new RPCHandler(router)
  return createServer(async (req, res) => {
    await handler.handle(req, res, { context: {} })
  }).listen(0)
}
