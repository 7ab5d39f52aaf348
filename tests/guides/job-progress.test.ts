import type { Feed } from '@sse/client'
import type { SseError } from '@sse/contract'
import type { Hub } from '@sse/server'
import type { RunOutcome, Runs } from '@sse/server/runs'
import { beforeAll, expect, it, vi } from 'vitest'
import { importPage, type PageCode } from './import-page.ts'

type Job = Feed<{ progress: { done: number; total: number }; file: { url: string } }>
interface Page {
  startExport(origin: string, id: string, rows: number): Job
  followExport(origin: string, id: string): Job
}

let code: PageCode
let page: Page
beforeAll(async () => {
  code = await importPage('docs/guides/job-progress.md')
  await code.load('server.ts')
  page = await code.load('page.ts')
})

const PATIENT = { timeout: 20_000 }
const start = (id: string, rows: number) => page.startExport(code.origin, id, rows)

it('a job continues when its page is closed, and a page that opens later shows all of it', async () => {
  const first = start('e1', 60)
  for await (const { event } of first) if (event === 'progress') break
  first.close()
  using later = page.followExport(code.origin, 'e1')
  const shown: string[] = []
  for await (const { event, payload } of later) {
    shown.push(event === 'progress' ? `${payload.done} of ${payload.total}` : event)
  }
  expect(shown[0]).toBe('1 of 60')
  expect(shown.slice(-2)).toEqual(['60 of 60', 'file'])
  expect(later.status).toMatchObject({ state: 'closed', reason: 'ended', end: { status: 'completed' } })
})

it('a second start of the same id joins the job, and a stop in one page ends it in all', async () => {
  using one = start('e2', 100_000)
  for await (const { event } of one) if (event === 'progress') break
  using two = start('e2', 5)
  for await (const { event, payload } of two) {
    if (event === 'progress' && payload.total === 100_000) break
  }
  expect(await one.stop()).toMatchObject({ status: 'stopped' } satisfies Partial<RunOutcome>)
  await expect.poll(() => two.status, PATIENT).toMatchObject({ state: 'closed', end: { status: 'stopped' } })
})

it('what the server refuses closes the feed with the server’s words', async () => {
  using _quiet = vi.spyOn(console, 'error').mockReturnValue()
  using refused = start('e3', -1)
  await expect.poll(() => refused.status.state, PATIENT).toBe('closed')
  const { error } = refused.status as { error?: SseError }
  expect(error).toMatchObject({ status: 400, cause: { message: 'Say how many rows' } })
})

it('of several callers one runs the job, and the person gets one event', async () => {
  type Exports = Parameters<Runs<never>['start']>[1]
  const { hub, exportFor } = await code.load<{
    hub: Hub<never>
    exportFor(person: string, id: string, source: Exports): Promise<void>
  }>('notify.ts')
  let count = 0
  const source = async function* ({ event }: { event: (name: string, payload: unknown) => unknown }) {
    count += 1
    yield event('file', { url: '/files/4.csv' })
  } as unknown as Exports
  await Promise.all([exportFor('ada', 'e4', source), exportFor('ada', 'e4', source)])
  const events: unknown[] = []
  for await (const { payload } of hub.subscribe('person:ada' as never, { from: 'oldest', untilHead: true })) {
    events.push(payload)
  }
  expect({ count, events }).toEqual({ count: 1, events: [{ id: 'e4', status: 'completed' }] })
})
