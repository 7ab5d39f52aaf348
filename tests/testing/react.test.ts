// @vitest-environment jsdom
import { defineStream, text } from '@sse/contract'
import { useEvents, useLatest, useStream, useStreamStatus } from '@sse/react'
import { type FakeServer, fakeServer } from '@sse/testing'
import { type FakeClock, fakeClock } from '@sse/testing/clock'
import { act, cleanup, render, screen } from '@testing-library/react'
import { createElement, StrictMode } from 'react'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { leads } from './leads.ts'

const rows = defineStream({ path: '/rows', events: { row: text() } })

/** Component under test, as an app writes it. */
function Inbox({ owner }: { owner: string }) {
  const feed = useStream(leads, { params: { owner } })
  const { state } = useStreamStatus(feed)
  const count = useLatest(feed, 'count', { initial: 0 })
  const recent = useEvents(feed, 'lead', { limit: 2 })
  const titles = recent.map(({ id, payload }) => createElement('li', { key: id }, payload.title))
  return [
    createElement('h2', { key: 'count' }, `${count} leads`),
    createElement('p', { key: 'state', role: 'status' }, state),
    createElement('ol', { key: 'titles' }, titles),
  ]
}

let clock: FakeClock
let server: FakeServer<typeof leads>
beforeEach(() => {
  ;(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true
  clock = fakeClock()
  server = fakeServer(leads)
  server.install()
})
afterEach(async () => {
  cleanup()
  // The connection closes a second after its last component.
  await clock.advance(2_000)
  expect(server.connections).toEqual([])
  server.close()
  clock.restore()
})

/** Advances the time and lets React render. */
const pass = (ms = 100) => act(() => clock.advance(ms))
const titles = () => screen.queryAllByRole('listitem').map(({ textContent }) => textContent)

it('shows events, and its status while the connection is lost', async () => {
  render(createElement(StrictMode, null, createElement(Inbox, { owner: 'ada' })))
  expect(screen.getByRole('status').textContent).toBe('connecting')
  await pass()
  expect(screen.getByRole('status').textContent).toBe('open')
  expect(server.requests).toHaveLength(1)
  server.send('count', 3)
  for (const title of ['Ada', 'Ben', 'Cleo']) server.send('lead', { id: title, title })
  await pass()
  expect(screen.getByRole('heading').textContent).toBe('3 leads')
  expect(titles()).toEqual(['Ben', 'Cleo'])

  server.refuse('network', { times: 1 })
  server.drop()
  server.send('lead', { id: 'Dora', title: 'Dora' })
  await pass(0)
  expect(screen.getByRole('status').textContent).toBe('waiting')
  await pass(10_000)
  expect(screen.getByRole('status').textContent).toBe('open')
  expect(titles()).toEqual(['Cleo', 'Dora'])
})

it('shows that the server refused the stream', async () => {
  server.refuse(403)
  const { error } = console
  console.error = () => {}
  render(createElement(Inbox, { owner: 'ben' }))
  await pass()
  console.error = error
  expect(screen.getByRole('status').textContent).toBe('closed')
})

it('shows a text as it was sent', async () => {
  const other = fakeServer(rows)
  other.install()
  const Row = () => createElement('p', { role: 'status' }, useLatest(useStream(rows), 'row', { initial: '' }))
  render(createElement(Row))
  await pass()
  other.send('row', '<b>\n "1"</b>')
  await pass()
  expect(screen.getByRole('status').textContent).toBe('<b>\n "1"</b>')
  cleanup()
  await clock.advance(2_000)
  other.close()
})

it('shows how a run ended, after a click that stops it', async () => {
  function Answer() {
    const feed = useStream(leads, { params: { owner: 'ada' } })
    const { state, end } = useStreamStatus(feed)
    return [
      createElement('p', { key: 'state', role: 'status' }, end?.status ?? state),
      createElement('button', { key: 'stop', type: 'button', onClick: () => feed.stop() }, 'Stop'),
    ]
  }
  render(createElement(StrictMode, null, createElement(Answer)))
  await pass()
  expect(screen.getByRole('status').textContent).toBe('open')
  await act(async () => screen.getByRole('button').click())
  await pass()
  expect(screen.getByRole('status').textContent).toBe('stopped')
  expect(server.stops).toHaveLength(1)
})
