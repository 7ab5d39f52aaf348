import { useEvents, useLatest, useStream, useStreamStatus } from '@sse/vue'
import { expect, it } from 'vitest'
import { createSSRApp } from 'vue'
import { renderToString } from 'vue/server-renderer'

it('a server renders the initial payload and connects to nothing', async () => {
  const requests: unknown[] = []
  const app = createSSRApp({
    setup() {
      const feed = useStream('http://localhost/stream', {
        fetch: async (...request) => {
          requests.push(request)
          throw new Error('no')
        },
      })
      const [status, count, all] = [
        useStreamStatus(feed),
        useLatest(feed, 'count', { initial: '3' }),
        useEvents(feed, 'count'),
      ]
      return () => `${status.value.state} ${count.value} ${all.value.length}`
    },
  })
  expect(await renderToString(app)).toBe('connecting 3 0')
  expect(requests).toEqual([])
})
