import polyfill from 'event-source-polyfill'
import type { Row } from '../row.ts'

export const run: Row = async (url, _, { hear, over }) => {
  const source = new polyfill.EventSourcePolyfill(url)
  source.addEventListener('tick' as 'message', ({ data }) => hear(JSON.parse(data as string)))
  await over
  source.close()
}
