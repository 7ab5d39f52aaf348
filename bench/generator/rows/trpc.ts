import { initTRPC } from '@trpc/server'
import { createHTTPServer } from '@trpc/server/adapters/standalone'
import type { Listen } from '../rows.ts'
import { asIs } from '../ticks.ts'

/** A subscription as `httpSubscriptionLink` asks for it. */
export const listen: Listen = (ticks) => {
  const t = initTRPC.create()
  const router = t.router({ ticks: t.procedure.subscription(() => ticks(asIs)) })
  return createHTTPServer({ router }).listen(0)
}
