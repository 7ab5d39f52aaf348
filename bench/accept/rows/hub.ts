import type { IncomingMessage } from 'node:http'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { listen } from '../../fanout/listen.ts'
import { type Acceptor, type StartAcceptor, TOKEN } from '../rows.ts'

/** A hub's stream as an app serves it: `authorize`, and a channel from the path. */
export const start: StartAcceptor = () => startHub(() => true)

/** The same, with what `authorize` returns for a token that is valid. */
export async function startHub(identify: (token: string) => string | true): Promise<Acceptor> {
  const contract = defineStream({
    path: '/leads/:owner',
    events: { lead: type<{ id: string }>() },
  })
  const hub = createHub(contract)
  const authorize = ({ headers }: { headers: IncomingMessage['headers'] }) => {
    const token = headers.authorization
    return token?.startsWith(TOKEN) ? identify(token) : null
  }
  const port = await listen(
    sse(hub, {
      authorize: ({ req }) => authorize(req),
      channels: ({ params }) => `owner:${params.owner}`,
    }),
  )
  return { port, open: () => hub.stats().connections }
}
