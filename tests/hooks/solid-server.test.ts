import { useEvents, useLatest, useStream, useStreamStatus } from '@sse/solid'
import { createComponent, renderToString } from 'solid-js/web'
import { expect, it } from 'vitest'

it('a server renders the initial payload and connects to nothing', () => {
  const requests: unknown[] = []
  const App = () => {
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
    return `${status().state} ${count()} ${all().length}`
  }
  expect(renderToString(() => createComponent(App, {}))).toBe('connecting 3 0')
  expect(requests).toEqual([])
})
