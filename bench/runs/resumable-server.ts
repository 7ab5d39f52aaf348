import type { RequestListener } from 'node:http'
import { createClient } from '@redis/client'
import { createResumableStreamContext } from 'resumable-stream/generic'

/** The package `resumable-stream` as its README shows it, with the text of an event stream as its stream of strings. */
export async function serveResumable(
  url: string,
  tokensOf: (stream: string) => AsyncIterable<string>,
): Promise<RequestListener> {
  const [publisher, subscriber] = [createClient({ url }), createClient({ url })]
  await Promise.all([publisher.connect(), subscriber.connect()])
  const context = createResumableStreamContext({
    waitUntil() {},
    publisher: publisher as never,
    subscriber: subscriber as never,
  })
  return async (req, res) => {
    const { pathname } = new URL(req.url ?? '', 'http://localhost')
    const stream = pathname.split('/').at(-1) as string
    const make = () => toStream(framesOf(tokensOf(stream)))
    try {
      const frames = await context.resumableStream(stream, make)
      if (!frames) {
        res.writeHead(422).end()
        return
      }
      res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      for await (const frame of frames) res.write(frame)
      res.end()
    } catch {
      res.destroy()
    }
  }
}

function toStream(frames: AsyncGenerator<string, void>): ReadableStream<string> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await frames.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
}

async function* framesOf(tokens: AsyncIterable<string>): AsyncGenerator<string, void> {
  for await (const token of tokens) yield `event: delta\ndata: ${JSON.stringify(token)}\n\n`
}
