import type { ServerResponse } from 'node:http'
import { listen } from '../../fanout/listen.ts'
import { CHANNEL, type StartAcceptor, TOKEN } from '../rows.ts'

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}
const HELLO = `:\nid: 0123456789ab-0\nevent: sse.open\ndata: \n\n`

/** By hand on `node:http`: reads the path and the token, sends the headers and a first frame, and forgets who leaves. */
export const start: StartAcceptor = async () => {
  const channels = new Map<string, Set<ServerResponse>>()
  const port = await listen((req, res) => {
    const owner = req.url?.match(/^\/leads\/([^/?]+)/)?.[1]
    if (!owner) return void res.writeHead(404).end()
    if (!req.headers.authorization?.startsWith(TOKEN)) return void res.writeHead(401).end()
    res.writeHead(200, HEADERS)
    res.write(HELLO)
    const channel = `owner:${owner}`
    let responses = channels.get(channel)
    if (!responses) {
      responses = new Set()
      channels.set(channel, responses)
    }
    responses.add(res)
    res.on('close', () => {
      responses.delete(res)
      if (responses.size === 0) channels.delete(channel)
    })
  })
  return { port, open: () => channels.get(CHANNEL)?.size ?? 0 }
}
