import { useEvents, useLatest, useStream, useStreamStatus } from '@sse/svelte'
import { compile } from 'svelte/compiler'
import { render } from 'svelte/server'
import { get } from 'svelte/store'
import { expect, it } from 'vitest'

const source = `
  <script>
    const { start } = $props()
    const { status, count, all } = start()
  </script>
  {status.current.state} {$count} {all.current.length}`

it('a server renders the initial payload and connects to nothing', async () => {
  const requests: unknown[] = []
  const start = () => {
    const feed = useStream('http://localhost/stream', {
      fetch: async (...request) => {
        requests.push(request)
        throw new Error('no')
      },
    })
    expect(get(feed)).toBe(feed.current)
    return {
      status: useStreamStatus(feed),
      count: useLatest(feed, 'count', { initial: '3' }),
      all: useEvents(feed, 'count'),
    }
  }
  const { js } = compile(source, { generate: 'server', name: 'App' })
  // From here, so that it finds the same `svelte`.
  const code = js.code.replaceAll(/'(svelte[\w/-]*)'/g, (_, name) => `'${import.meta.resolve(name)}'`)
  const { default: App } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
  const { body } = await render(App, { props: { start } })
  expect(body.replaceAll(/<!--.*?-->/g, '').trim()).toBe('connecting 3 0')
  expect(requests).toEqual([])
})
