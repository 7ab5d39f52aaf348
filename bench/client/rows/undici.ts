import { EventSource } from 'undici'
import type { Row } from '../row.ts'

export const run: Row = async (url, _, { hear, over }) => {
  const source = new EventSource(url)
  source.addEventListener('tick' as 'message', ({ data }) => hear(JSON.parse(data)))
  await over
  source.close()
}
