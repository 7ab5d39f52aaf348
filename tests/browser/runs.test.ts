import { connect, fetchTransport } from '@sse/client'
import { nativeTransport } from '@sse/client/native'
import { polyfillTransport } from '@sse/client/polyfill'
import { tabsTransport } from '@sse/client/tabs'
import { until } from '@sse/test-support/until'
import { beforeAll, expect, inject, it, vi } from 'vitest'
import { answers } from '../runs/answers.ts'

const [processA, processB] = inject('runsOrigins')

// The polyfill logs what it also tells.
beforeAll(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  return () => vi.restoreAllMocks()
})

it.each([
  ['fetch', fetchTransport],
  ['native', nativeTransport],
  ['polyfill', polyfillTransport],
  ['tabs', tabsTransport()],
])('feed.stop() over %s at one server process stops the run of another process', async (_, transport) => {
  const run = crypto.randomUUID()
  const options = { params: { run }, reconnect: { jitterMs: 1, maxJitterMs: 10 }, onError: () => {} }
  const starter = connect(answers, { ...options, baseUrl: processA, method: 'POST' })
  const seen: string[] = []
  starter.on('delta', () => starter.close())
  await until(() => starter.status.state === 'closed')
  const feed = connect(answers, { ...options, baseUrl: processB, transport })
  feed.on('delta', (delta) => seen.push(delta))
  await until(() => seen.length === 1)
  expect(await feed.stop()).toEqual({ status: 'stopped' })
  await until(() => feed.status.state === 'closed')
  expect(feed.status).toEqual({ state: 'closed', reason: 'ended', end: { status: 'stopped' } })
  const aborted = async () => (await fetch(`${processA}/aborted`)).json()
  await until(async () => ((await aborted()) as string[]).includes(`${run}: stopped`))
  expect(await (await fetch(`${processB}/aborted`)).json()).toEqual([])
})
