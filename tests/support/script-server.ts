import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'

/** One answer of a scripted server. */
export interface ScriptedResponse {
  /** Default 200. */
  status?: number
  /** Default `text/event-stream`; `null` for none. */
  contentType?: string | null
  headers?: Record<string, string>
  /** Written one after the other, each as a piece of its own. Text is sent as UTF-8, numbers are bytes. */
  chunks?: (string | number[])[]
  /** That many more bytes of nothing. Default 0. */
  paddingBytes?: number
  /** What becomes of the response then. Default `end`. */
  ending?: 'end' | 'hang'
}

/** A request as the server saw it. */
export interface SeenRequest {
  method: string
  url: string
  headers: Record<string, string | string[] | undefined>
  body: string
}

/**
 * A server that answers as the request's URL tells it to: `/script/KEY?plan=JSON`, where the plan is a list of
 * responses, the n-th for the n-th request of that key and the last one for all that follow. Open to every
 * origin. `/seen/KEY` lists the requests, `/open/KEY` counts the responses whose client is still there,
 * `/reset/KEY` resets their connections.
 */
export async function startScriptServer(): Promise<{ origin: string; close(): Promise<void> }> {
  const seen = new Map<string, SeenRequest[]>()
  const open = new Map<string, Set<ServerResponse>>()

  async function script(key: string, plan: ScriptedResponse[], req: IncomingMessage, res: ServerResponse) {
    const requests = seen.get(key) ?? []
    seen.set(key, requests)
    const answer = plan[Math.min(requests.length, plan.length - 1)] ?? {}
    const { method = '', url = '', headers } = req
    const request: SeenRequest = { method, url, headers, body: '' }
    requests.push(request)
    for await (const chunk of req) request.body += chunk

    const responses = open.get(key) ?? new Set()
    open.set(key, responses.add(res))
    res.once('close', () => responses.delete(res))
    const { status = 200, contentType = 'text/event-stream', ending = 'end', chunks = [] } = answer
    const type = contentType === null ? {} : { 'content-type': contentType }
    res.writeHead(status, { ...type, ...answer.headers })
    res.flushHeaders()
    for (const [index, chunk] of chunks.entries()) {
      if (index > 0) await setTimeout(4) // so that the pieces arrive as pieces
      res.write(typeof chunk === 'string' ? chunk : Uint8Array.from(chunk))
    }
    if (answer.paddingBytes) res.write(Buffer.alloc(answer.paddingBytes, 'x'))
    if (ending === 'end') res.end()
  }

  const server = createServer((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://localhost')
    const [, route, key = ''] = pathname.split('/')
    res.setHeader('access-control-allow-origin', req.headers.origin ?? '*')
    res.setHeader('access-control-allow-credentials', 'true')
    if (req.method === 'OPTIONS') {
      res.setHeader('access-control-allow-headers', req.headers['access-control-request-headers'] ?? '')
      res.setHeader('access-control-allow-methods', 'GET, POST')
      res.writeHead(204).end()
    } else if (route === 'script') {
      script(key, JSON.parse(searchParams.get('plan') ?? '[]'), req, res).catch(() => res.destroy())
    } else if (route === 'seen') {
      res.setHeader('content-type', 'application/json')
      res.end(JSON.stringify(seen.get(key) ?? []))
    } else if (route === 'open') {
      res.end(String(open.get(key)?.size ?? 0))
    } else if (route === 'reset') {
      for (const response of open.get(key) ?? []) response.socket?.resetAndDestroy()
      res.end()
    } else res.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
