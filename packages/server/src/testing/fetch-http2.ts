import { once } from 'node:events'
import { connect } from 'node:http2'
import { Readable } from 'node:stream'

/** `fetch` over HTTP/2 without TLS, in a session of its own. */
export async function fetchHttp2(url: string, init: RequestInit = {}): Promise<Response> {
  const { origin, pathname, search } = new URL(url)
  const session = connect(origin)
  const stream = session.request(
    {
      ...(init.headers as Record<string, string>),
      ':method': init.method ?? 'GET',
      ':path': pathname + search,
    },
    init.signal ? { signal: init.signal, endStream: false } : { endStream: false },
  )
  stream.once('close', () => session.destroy())
  stream.end(init.body)
  const [fields] = (await once(stream, 'response')) as [Record<string, string | number>]
  const headers = new Headers()
  for (const [name, value] of Object.entries(fields)) {
    if (!name.startsWith(':')) headers.set(name, String(value))
  }
  const status = Number(fields[':status'])
  const isEmpty = status === 204 || init.method === 'HEAD'
  if (isEmpty) stream.resume()
  const body = isEmpty ? null : (Readable.toWeb(stream) as ReadableStream<Uint8Array<ArrayBuffer>>)
  return new Response(body, { status, headers })
}
