import { expect, it } from 'vitest'
import { startExample } from './start-example.ts'

it('the metrics example tells Prometheus of connections, of events, and of why connections ended', async () => {
  await using example = await startExample('metrics')
  const { origin } = new URL(example.url)
  const aborts = [new AbortController(), new AbortController()]
  for (const { signal } of aborts) {
    const response = await fetch(`${origin}/clock`, { signal })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    for (let text = ''; !text.includes('event: time'); ) text += (await reader.read()).value
  }
  aborts[0]?.abort()
  const metrics = async () => (await fetch(`${origin}/metrics`)).text()
  let text = await metrics()
  while (!text.includes('sse_connection_closed_total{')) text = await metrics()
  expect(text).toMatch(/^sse_connections(\{.*\})? 1$/m)
  expect(text).toMatch(/^sse_hub_published_total\{.*\} [1-9]\d*$/m)
  expect(text).toMatch(/^sse_connection_closed_total\{.*sse_close_reason="client_gone".*\} 1$/m)
  expect(text).toMatch(/^sse_connection_opened_total\{.*http_route="\/clock".*\} 2$/m)
  expect(text).toMatch(/^sse_connection_sent_total\{.*\} [1-9]\d*$/m)
  expect(text).toMatch(/^sse_connection_time_to_first_event_count\{.*\} 2$/m)
  aborts[1]?.abort()
  expect(await example.stop()).toBe(0)
})
