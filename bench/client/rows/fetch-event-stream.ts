import { events } from 'fetch-event-stream'
import type { Row } from '../row.ts'

export const run: Row = async (url, fetcher, { hear, over }) => {
  const controller = new AbortController()
  const read = async () => {
    const response = await fetcher(url, { signal: controller.signal })
    for await (const { event, data } of events(response, controller.signal)) {
      if (event === 'tick') hear(JSON.parse(data ?? ''))
    }
  }
  read().catch(() => {})
  await over
  controller.abort()
}
