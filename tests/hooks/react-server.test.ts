import { useEvents, useLatest, useStream, useStreamStatus } from '@sse/react'
import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
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
    const { state } = useStreamStatus(feed)
    return `${state} ${useLatest(feed, 'count', { initial: '3' })} ${useEvents(feed, 'count').length}`
  }
  expect(renderToString(createElement(App))).toBe('connecting 3 0')
  expect(requests).toEqual([])
})
