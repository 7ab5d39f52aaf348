import type { IncomingMessage, ServerResponse } from 'node:http'
import { defineStream, type } from '@sse/contract'
import { sse } from '@sse/server/node'
import { serve } from '@sse/test-support/http-server'
import type { Lead } from './leads.ts'
import { TITLES } from './leads.ts'

export const TOKEN = 'secret-of-ada'
const leads = defineStream({ path: '/leads', events: { lead: type<Lead>() } })
const all = TITLES.map((title, index): Lead => ({ id: index + 1, title }))

/** What a client asked with. */
interface Asked {
  /** From the header. */
  lastEventId: string | undefined
  url: string
  authorization: string | undefined
  at: number
}

export type Answer = (req: IncomingMessage, res: ServerResponse, nth: number) => void

/** Serves and notes each request. */
export async function serveNoted(answer: Answer) {
  const asked: Asked[] = []
  const server = await serve((req, res) => {
    const { authorization } = req.headers
    // jsdom asks as a page of another origin.
    res.setHeader('access-control-allow-origin', '*').setHeader('access-control-allow-headers', '*')
    if (req.method === 'OPTIONS') return void res.end()
    const lastEventId = req.headers['last-event-id'] as string | undefined
    asked.push({ lastEventId, url: req.url ?? '', authorization, at: performance.now() })
    answer(req, res, asked.length)
  })
  return { asked, baseUrl: server.origin, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

const afterId = (req: IncomingMessage) => {
  const query = new URL(req.url ?? '', 'http://localhost').searchParams.get('lastEventId')
  return Number(req.headers['last-event-id'] ?? query ?? 0)
}

/** As a server writes its leads by hand. The response stays open. */
export const byHand: Answer = (req, res) => {
  if (req.headers.authorization !== `Bearer ${TOKEN}`) return void res.writeHead(401).end()
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  res.write('retry: 20\n\n')
  for (const lead of all.slice(afterId(req))) {
    res.write(`id: ${lead.id}\nevent: lead\ndata: ${JSON.stringify(lead)}\n\n`)
  }
}

const stream = sse(
  leads,
  {
    authorize: ({ req }) => req.headers.authorization === `Bearer ${TOKEN}` && { id: 'ada' },
    retryMs: 20,
  },
  async function* ({ event, lastEventId, signal }) {
    for (const lead of all.slice(Number(lastEventId ?? 0))) yield event('lead', lead, { id: String(lead.id) })
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  },
)

/** The same with `@sse/server`. */
export const byServer: Answer = (req, res) => void stream(req, res)
