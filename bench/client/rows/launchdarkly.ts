// @ts-expect-error it has no types
import launchdarkly from 'launchdarkly-eventsource'
import type { Row } from '../row.ts'

const { EventSource } = launchdarkly as unknown as { EventSource: new (url: string) => SourceLike }
interface SourceLike {
  addEventListener(type: string, listener: (event: { data: string }) => void): void
  close(): void
}

export const run: Row = async (url, _, { hear, over }) => {
  const source = new EventSource(url)
  source.addEventListener('tick', ({ data }) => hear(JSON.parse(data)))
  await over
  source.close()
}
