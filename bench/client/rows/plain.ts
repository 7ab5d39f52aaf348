import { createParser } from 'eventsource-parser'
import type { Row } from '../row.ts'

export const run: Row = async (url, fetcher, { hear, over }) => {
  const controller = new AbortController()
  const response = await fetcher(url, { signal: controller.signal })
  const decoder = new TextDecoder()
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (event === 'tick') hear(JSON.parse(data))
    },
  })
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const read = async () => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      parser.feed(decoder.decode(value, { stream: true }))
    }
  }
  read().catch(() => {})
  await over
  controller.abort()
}
