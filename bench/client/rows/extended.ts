import { EventSource } from 'extended-eventsource'
import type { Row } from '../row.ts'

export const run: Row = async (url, fetcher, { hear, over }) => {
  globalThis.fetch = fetcher // it takes no other
  const source = new EventSource(url)
  source.addEventListener('tick', (event: { data?: unknown }) => hear(JSON.parse(event.data as string)))
  await over
  source.close()
}
