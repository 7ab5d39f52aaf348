import { EventSource } from 'extended-eventsource'
import type { Row } from '../row.ts'

export const run: Row = async (url, fetcher, { hear, over }) => {
  globalThis.fetch = fetcher // it takes no other
  const source = new EventSource(url)
  source.addEventListener('tick', (event) => hear(JSON.parse((event as MessageEvent<string>).data)))
  await over
  source.close()
}
