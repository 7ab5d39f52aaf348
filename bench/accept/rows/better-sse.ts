import { createChannel, createSession } from 'better-sse'
import { listen } from '../../fanout/listen.ts'
import { type StartAcceptor, TOKEN } from '../rows.ts'

/** better-sse, with a channel. */
export const start: StartAcceptor = async () => {
  const channel = createChannel()
  const port = await listen(async (req, res) => {
    if (!req.headers.authorization?.startsWith(TOKEN)) return void res.writeHead(401).end()
    channel.register(await createSession(req, res))
  })
  return { port, open: () => channel.sessionCount }
}
