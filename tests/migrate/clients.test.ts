import { createRequire } from 'node:module'
import { setTimeout as pause } from 'node:timers/promises'
import { defineStream, type } from '@sse/contract'
import { sse } from '@sse/server/node'
import { until } from '@sse/test-support/until'
import { JSDOM } from 'jsdom'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Answer, byHand, byServer, serveNoted, TOKEN } from './lead-servers.ts'
import { type Lead, TITLES } from './leads.ts'
import { type MigrationPage, openPage } from './page.ts'

type FollowLeads = (baseUrl: string, token: string, show: (lead: Lead) => void) => () => void

// As React Native's bundler imports it: its default export is the class.
vi.mock('react-native-sse', () => createRequire(import.meta.url)('react-native-sse'))

const { window } = new JSDOM('', { url: 'http://localhost/' })
const pages = new Map<string, MigrationPage>()
beforeAll(async () => {
  // The shortest delays. Other tests cover their random part.
  vi.spyOn(Math, 'random').mockReturnValue(0)
  vi.stubGlobal('XMLHttpRequest', window.XMLHttpRequest)
  vi.stubGlobal('document', window.document)
  vi.stubGlobal('window', globalThis)
  for (const name of new Set(CLIENTS.map(([name]) => name))) pages.set(name, await openPage(name))
})
afterAll(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  window.close()
})

const CLIENTS = [
  ['fetch-event-source', 'before.ts'],
  ['fetch-event-source', 'after.ts'],
  ['eventsource', 'before.ts'],
  ['eventsource', 'class.ts'],
  ['eventsource', 'after.ts'],
  ['event-source-polyfill', 'before.ts'],
  ['event-source-polyfill', 'after.ts'],
  ['event-source-polyfill', 'old-browsers.ts'],
  ['react-native-sse', 'before.ts'],
  ['react-native-sse', 'after.ts'],
] as const

const load = async (name: string, file: string) =>
  (await (pages.get(name) as MigrationPage).load<{ followLeads: FollowLeads }>(file)).followLeads

/** Starts a page's client on a separate server, and returns what it has shown and requested. */
async function start(name: string, file: string, answer: Answer, token = TOKEN) {
  const followLeads = await load(name, file)
  const server = await serveNoted(answer)
  const shown: string[] = []
  const stop = followLeads(server.baseUrl, token, ({ title }) => shown.push(title))
  return {
    shown,
    asked: server.asked,
    async [Symbol.asyncDispose]() {
      stop()
      await server[Symbol.asyncDispose]()
    },
  }
}

describe.each(CLIENTS)('from %s, %s', (name, file) => {
  it.each([
    ['a server written by hand', byHand],
    ['@sse/server', byServer],
  ])('shows the same leads of %s', async (_name, answer) => {
    await using client = await start(name, file, answer)
    await until(() => client.shown.length === TITLES.length)
    expect(client.shown).toEqual(TITLES)
    expect(client.asked.map(({ authorization }) => authorization)).toEqual([`Bearer ${TOKEN}`])
  })
})

/** Writes a first lead, then `more`. */
const oneLead =
  (more: (res: Parameters<Answer>[1]) => void): Answer =>
  (_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    res.write('retry: 20\nid: 1\nevent: lead\ndata: {"id":1,"title":"Ada"}\n\n', () => more(res))
  }

/** Long enough for several attempts of a client that makes them. */
const SEVERAL_DELAYS_MS = 300

describe('from fetch-event-source', () => {
  it('the server closes the connection: the old client stops, connect() resumes', async () => {
    const close = oneLead((res) => res.end())
    await using before = await start('fetch-event-source', 'before.ts', close)
    await using after = await start('fetch-event-source', 'after.ts', close)
    await until(() => after.asked.length > 2)
    await pause(SEVERAL_DELAYS_MS)
    expect(before.asked).toHaveLength(1)
    expect(after.asked[1]?.lastEventId).toBe('1')
  })

  it('the server refuses the token: the old client asks again, connect() closes', async () => {
    await using before = await start('fetch-event-source', 'before.ts', byHand, 'expired')
    await using after = await start('fetch-event-source', 'after.ts', byHand, 'expired')
    await until(() => before.asked.length > 1 && after.asked.length > 0)
    expect(after.asked).toHaveLength(1)
  })

  it('the page is hidden and shown again: the old client sends its request again, connect() does not', async () => {
    await using before = await start('fetch-event-source', 'before.ts', byHand)
    await using after = await start('fetch-event-source', 'after.ts', byHand)
    await until(() => before.shown.length === TITLES.length && after.shown.length === TITLES.length)
    for (const isHidden of [true, false]) {
      vi.spyOn(window.document, 'hidden', 'get').mockReturnValue(isHidden)
      window.document.dispatchEvent(new window.Event('visibilitychange'))
    }
    await until(() => before.asked.length > 1)
    expect(after.asked).toHaveLength(1)
  })

  it('a prompt is sent once, and its answer is read to the end', async () => {
    type Ask = (baseUrl: string, question: string, show: (token: string) => void) => Promise<void>
    const page = pages.get('fetch-event-source') as MigrationPage
    const { ask } = await page.load<{ ask: Ask }>('prompt.ts')
    const answer = defineStream({ path: '/answer', events: { delta: type<string>() } })
    const stream = sse(answer, async function* ({ event }) {
      for (const token of ['Forty', '-two']) yield event('delta', token)
    })
    await using server = await serveNoted((req, res) => void stream(req, res))
    const tokens: string[] = []
    await ask(server.baseUrl, 'What is it?', (token) => tokens.push(token))
    expect([tokens.join(''), server.asked.length]).toEqual(['Forty-two', 1])
  })

  it('a comment with a blank line is a message for the old client', async () => {
    const { fetchEventSource } = await import('@microsoft/fetch-event-source')
    await using server = await serveNoted((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' }).end(': hello\n\ndata: 1\n\n')
    })
    const messages: string[] = []
    await fetchEventSource(server.baseUrl, { fetch, onmessage: ({ data }) => void messages.push(data) })
    expect(messages).toEqual(['', '1'])
  })
})

describe('from eventsource', () => {
  const busy: Answer = (_req, res) => void res.writeHead(503).end()

  it('the server answers 503: both classes close, connect() asks again', async () => {
    await using before = await start('eventsource', 'before.ts', busy)
    await using same = await start('eventsource', 'class.ts', busy)
    await using after = await start('eventsource', 'after.ts', busy)
    await until(() => after.asked.length > 2)
    await pause(SEVERAL_DELAYS_MS)
    expect([before.asked.length, same.asked.length]).toEqual([1, 1])
  })

  it('the server asks for no delay: the old class takes none, ours waits half a second', async () => {
    const storm: Answer = (_req, res) =>
      void res.writeHead(200, { 'content-type': 'text/event-stream' }).end('retry: 0\n\n')
    await using before = await start('eventsource', 'before.ts', storm)
    await using same = await start('eventsource', 'class.ts', storm)
    await until(() => same.asked.length === 2 && before.asked.length > 4)
    expect(Math.min(...gaps(before.asked))).toBeLessThan(400)
    expect(Math.min(...gaps(same.asked))).toBeGreaterThan(490)
  })
})

const gaps = (asked: { at: number }[]) => asked.slice(1).map(({ at }, index) => at - (asked[index]?.at ?? 0))

describe('from event-source-polyfill', () => {
  it('reconnects with the id in the query, connect() with the id in the header', async () => {
    const close = oneLead((res) => res.end())
    await using before = await start('event-source-polyfill', 'before.ts', close)
    await using after = await start('event-source-polyfill', 'after.ts', close)
    await until(() => before.asked.length > 1 && after.asked.length > 1)
    expect(before.asked[1]).toMatchObject({ url: '/leads?lastEventId=1', lastEventId: undefined })
    expect(after.asked[1]).toMatchObject({ url: '/leads', lastEventId: '1' })
  })

  it('the server answers 503: the polyfill closes, connect() asks again', async () => {
    const busy: Answer = (_req, res) => void res.writeHead(503).end()
    await using before = await start('event-source-polyfill', 'before.ts', busy)
    await using after = await start('event-source-polyfill', 'after.ts', busy)
    await until(() => after.asked.length > 2)
    await pause(SEVERAL_DELAYS_MS)
    expect(before.asked).toHaveLength(1)
  })
})

describe('from react-native-sse', () => {
  it('the connection is lost: the old client does not ask again, connect() resumes', async () => {
    const reset = oneLead((res) => setTimeout(() => res.destroy(), 50))
    await using before = await start('react-native-sse', 'before.ts', reset)
    await using after = await start('react-native-sse', 'after.ts', reset)
    await until(() => before.shown.length > 0 && after.asked.length > 2)
    await pause(SEVERAL_DELAYS_MS)
    expect(before.asked).toHaveLength(1)
    expect(after.asked[1]?.lastEventId).toBe('1')
  })
})
