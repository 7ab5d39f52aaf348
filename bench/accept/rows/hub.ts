import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { listen } from '../../fanout/listen.ts'
import { type StartAcceptor, TOKEN } from '../rows.ts'

/** A hub's stream as an app serves it: `authorize`, and a channel from the path. */
export const start: StartAcceptor = async () => {
  const contract = defineStream({
    path: '/leads/:owner',
    events: { lead: type<{ id: string }>() },
  })
  const hub = createHub(contract)
  const port = await listen(
    sse(hub, {
      authorize: ({ req }) => (req.headers.authorization === TOKEN ? true : null),
      channels: ({ params }) => `owner:${params.owner}`,
    }),
  )
  return { port, open: () => hub.stats().connections }
}
