import { EventSource } from 'eventsource'
import type { Row } from '../row.ts'

export const run: Row = async (url, fetcher, { hear, over }) => {
  const source = new EventSource(url, {
    fetch: (input, init) => fetcher(input as string, init as RequestInit),
  })
  source.addEventListener('tick', ({ data }) => hear(JSON.parse(data)))
  await over
  source.close()
}
