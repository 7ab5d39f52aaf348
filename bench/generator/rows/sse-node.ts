import { createServer } from 'node:http'
import { sse } from '@sse/server/node'
import { contract } from '../contract.ts'
import type { Listen } from '../rows.ts'

export const listen: Listen = (ticks) =>
  createServer(sse(contract, ({ event }) => ticks((tick) => event('tick', tick)))).listen(0)
