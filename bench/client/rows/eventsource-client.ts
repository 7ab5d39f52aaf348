import { createEventSource } from 'eventsource-client'
import type { Row } from '../row.ts'

export const run: Row = async (url, fetcher, { hear, over }) => {
  const source = createEventSource({
    url,
    fetch: (input, init) => fetcher(input as string, init as RequestInit) as never,
    onMessage: ({ event, data }) => {
      if (event === 'tick') hear(JSON.parse(data))
    },
  })
  await over
  source.close()
}
