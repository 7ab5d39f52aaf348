// @vitest-environment jsdom
import { fakeServer } from '@sse/testing'
import { fakeClock } from '@sse/testing/clock'
import { useLatest, useStream, useStreamStatus } from '@sse/vue'
import { cleanup, render, screen } from '@testing-library/vue'
import { expect, it } from 'vitest'
import { defineComponent, h } from 'vue'
import { leads } from './leads.ts'

const Inbox = defineComponent({
  props: { owner: { type: String, required: true } },
  setup({ owner }) {
    const feed = useStream(leads, { params: { owner } })
    const count = useLatest(feed, 'count', { initial: 0 })
    const status = useStreamStatus(feed)
    return () => [h('h2', `${count.value} leads`), h('p', { role: 'status' }, status.value.state)]
  },
})

it('shows events in a component, also after a lost connection', async () => {
  using clock = fakeClock()
  using server = fakeServer(leads)
  server.install()
  render(Inbox, { props: { owner: 'ada' } })
  await clock.advance(100)
  expect(screen.getByRole('status').textContent).toBe('open')
  server.send('count', 3)
  await clock.advance(100)
  expect(screen.getByRole('heading').textContent).toBe('3 leads')
  server.drop()
  server.send('count', 4)
  await clock.advance(0)
  expect(screen.getByRole('status').textContent).toBe('waiting')
  await clock.advance(2_100) // the longest delay, and a frame
  expect(screen.getByRole('status').textContent).toBe('open')
  expect(screen.getByRole('heading').textContent).toBe('4 leads')
  cleanup()
  await clock.advance(2_000)
  expect(server.connections).toEqual([])
})

it('shows how a run ended, after a click that stops it', async () => {
  using clock = fakeClock()
  using server = fakeServer(leads)
  server.install()
  const Answer = defineComponent(() => {
    const feed = useStream(leads, { params: { owner: 'ada' } })
    const status = useStreamStatus(feed)
    return () => [
      h('p', { role: 'status' }, status.value.end?.status ?? status.value.state),
      h('button', { onClick: () => feed.value.stop() }, 'Stop'),
    ]
  })
  render(Answer)
  await clock.advance(100)
  expect(screen.getByRole('status').textContent).toBe('open')
  screen.getByRole('button').click()
  await clock.advance(100)
  expect(screen.getByRole('status').textContent).toBe('stopped')
  expect(server.stops).toHaveLength(1)
  cleanup()
  await clock.advance(2_000)
})
