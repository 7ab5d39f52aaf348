import { describe, expect, it } from 'vitest'
import type { Finding } from './check.ts'
import { CHECK_GROUPS } from './checks.ts'
import { dialectOf } from './dialect.ts'
import type { Observations, ResponseHead, StreamFacts } from './observations.ts'
import { timingOf, WAIT_MS } from './timing.ts'

const checks = CHECK_GROUPS.flatMap((group) => group.checks)

function streamOf(facts: Partial<StreamFacts>): StreamFacts {
  return {
    arrivals: [{ atMs: 10, bytes: 2, isMidLine: false }],
    items: [],
    skippedItems: 0,
    commentsAtMs: [],
    retries: [],
    invalidRetries: 0,
    unknownFields: [],
    hasBom: false,
    hasInvalidUtf8: false,
    longestLine: 1,
    bytes: 2,
    unfinished: '',
    ending: 'open',
    endMs: WAIT_MS,
    error: undefined,
    ...facts,
  }
}

function headOf(changes: Partial<ResponseHead>): ResponseHead {
  return {
    url: new URL('http://localhost:3000/stream'),
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    protocol: 'HTTP/1.1',
    requestedAt: 0,
    headersMs: 5,
    untrusted: undefined,
    ...changes,
  }
}

function judge(
  id: string,
  facts: Partial<StreamFacts>,
  head: Partial<ResponseHead> = {},
  more: Partial<Observations> = {},
): Finding | undefined {
  const seen: Observations = {
    origin: undefined,
    headerNames: [],
    isLong: false,
    hops: [],
    failure: undefined,
    main: { head: headOf(head), stream: streamOf(facts) },
    headAnswer: undefined,
    page: undefined,
    compressed: undefined,
    resume: undefined,
    end: undefined,
    preflight: undefined,
    ...more,
  }
  return checks.find((check) => check.id === id)?.judge(seen, timingOf(WAIT_MS))
}

const arrivalsAt = (...times: number[]) => times.map((atMs) => ({ atMs, bytes: 2, isMidLine: false }))
const event = (name: string, data: string) => ({ atMs: 1, id: undefined, event: name, data })

describe('the check of heartbeats', () => {
  it('accepts an interval of 15 s', () => {
    const facts = { arrivals: arrivalsAt(10, 15_010), commentsAtMs: [10, 15_010] }
    expect(judge('heartbeat', facts)).toEqual({ verdict: 'ok', message: 'One, after 15 s' })
  })

  it('warns of 45 s, and names the proxies that wait less than 70 s', () => {
    const after = (ms: number) => ({
      arrivals: arrivalsAt(10, 10 + ms),
      endMs: 20 + ms,
      commentsAtMs: [10 + ms],
    })
    expect(judge('heartbeat', after(45_000))).toMatchObject({ verdict: 'warning' })
    expect(judge('heartbeat', after(70_000))).toMatchObject({
      verdict: 'problem',
      message:
        'Nothing for 70 s: longer than HAProxy in Debian, Heroku, nginx, the load balancer of AWS wait by default',
    })
  })

  it('is unknown on a stream that was quiet for 16 s, and on one that was busy', () => {
    expect(judge('heartbeat', {})).toMatchObject({ verdict: 'unknown', message: 'None within 16 s' })
    const busy = { arrivals: arrivalsAt(...Array.from({ length: 160 }, (_, index) => index * 100)) }
    expect(judge('heartbeat', busy)).toMatchObject({
      verdict: 'unknown',
      message: 'None was due: the longest pause was 0.1 s',
    })
  })
})

describe('the check of idle cut-offs', () => {
  it('is unknown after 16 s of silence, and passes after more than proxies allow', () => {
    expect(judge('cut-off', {})).toMatchObject({ verdict: 'unknown' })
    expect(judge('cut-off', { endMs: 130_000 })).toEqual({
      verdict: 'ok',
      message: 'Open after 130 s of silence',
    })
  })

  it('measures the silence that a proxy allowed', () => {
    expect(judge('cut-off', { ending: 'cut', endMs: 60_010, error: 'aborted' })).toMatchObject({
      verdict: 'problem',
      message: 'Broken off after 60 s, after 60 s of silence (aborted)',
    })
  })
})

describe('the check of buffering', () => {
  it('is unknown if not a byte arrived', () => {
    expect(judge('buffering', { arrivals: [], bytes: 0 })).toMatchObject({ verdict: 'unknown' })
  })

  it('is unknown for a stream that is over at once', () => {
    const facts = { ending: 'ended' as const, endMs: 20, items: [event('a', ''), event('a', '')] }
    expect(judge('buffering', facts)).toMatchObject({ verdict: 'unknown' })
  })
})

describe('the check of compression', () => {
  const item = (atMs: number) => ({ ...event('a', ''), atMs })
  const judgeCompressed = (main: number[], compressed: number[], endMs = 6_000) => {
    const headers = { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' }
    const stream = streamOf({ items: compressed.map(item), endMs })
    // Its headers arrived at 25 by the clock of the first.
    const second = { head: headOf({ headers, requestedAt: 20 }), stream }
    return judge('compression', { items: main.map(item) }, {}, { compressed: second })?.verdict
  }

  it('passes if events arrive on both connections', () => {
    expect(judgeCompressed([10, 1_010, 2_010], [990])).toBe('ok')
    expect(judgeCompressed([10], [10])).toBe('ok')
  })

  it('finds that no event arrives on the second, or much later', () => {
    expect(judgeCompressed([10, 1_010, 2_010], [])).toBe('problem')
    expect(judgeCompressed([10, 1_010, 2_010], [5_000])).toBe('problem')
  })

  it('is unknown if the only event arrived before the second was open, or just now', () => {
    expect(judgeCompressed([10], [])).toBe('unknown')
    expect(judgeCompressed([10, 5_500], [])).toBe('unknown')
  })
})

describe('the check of the HTTP version', () => {
  it('accepts HTTP/1.1 on the own machine, and with an offer of HTTP/3', () => {
    for (const host of ['localhost', '127.0.0.1', '[::1]', 'app.localhost'])
      expect(judge('http-version', {}, { url: new URL(`http://${host}/`) })).toMatchObject({ verdict: 'ok' })
    const headers = { 'alt-svc': 'h3=":443"; ma=86400' }
    expect(judge('http-version', {}, { url: new URL('https://a.example/'), headers })).toMatchObject({
      verdict: 'ok',
    })
  })

  it('warns of HTTP/1.1 elsewhere', () => {
    for (const url of ['http://a.example/', 'https://a.example/', 'http://127.0.0.1.example/'])
      expect(judge('http-version', {}, { url: new URL(url) })).toMatchObject({ verdict: 'warning' })
  })
})

describe('the check of caching', () => {
  const verdictOf = (headers: Record<string, string>) =>
    judge('caching', {}, { headers: { 'content-type': 'text/event-stream', ...headers } })?.verdict

  it.each([
    ['no-store', 'ok'],
    ['private', 'ok'],
    ['no-cache, no-transform', 'ok'],
    ['no-transform', 'warning'],
    ['max-age=0', 'warning'],
    ['max-age=5', 'problem'],
    ['s-maxage=60', 'problem'],
    ['public', 'problem'],
  ])('judges cache-control: %s as %s', (control, verdict) => {
    expect(verdictOf({ 'cache-control': control })).toBe(verdict)
  })

  it.each([
    { age: '3' },
    { 'x-varnish': '32770 3' },
    { 'cf-cache-status': 'HIT' },
    { 'x-cache': 'Hit from cloudfront' },
  ])('recognizes the hit of a cache: %o', (headers) => {
    expect(verdictOf({ 'cache-control': 'no-store', ...headers })).toBe('problem')
    expect(verdictOf({ 'cache-control': 'no-store', age: '0', 'x-varnish': '3', 'x-cache': 'MISS' })).toBe(
      'ok',
    )
  })
})

describe('the check of X-Accel-Buffering', () => {
  it('knows that nginx does not pass it on', () => {
    const headers = { 'content-type': 'text/event-stream', server: 'nginx/1.22.1' }
    expect(judge('accel-buffering', {}, { headers })).toMatchObject({ verdict: 'ok' })
  })
})

describe('the dialect', () => {
  it.each([
    ['native', [event('sse.open', ''), event('lead', '{"n":1}')]],
    ['ai-sdk', [event('message', '{"type":"start","messageId":"m"}')]],
    ['openai', [event('message', '{"object":"chat.completion.chunk","choices":[]}')]],
    ['openai', [event('response.created', '{"type":"response.created"}')]],
    ['anthropic', [event('message_start', '{"type":"message_start"}')]],
    ['graphql', [event('next', '{"data":{"lead":1}}')]],
    ['mcp', [event('message', '{"jsonrpc":"2.0","id":1,"result":{}}')]],
    ['mcp', [event('endpoint', '/messages?session=1')]],
    ['turbo', [event('message', '<turbo-stream action="append">')]],
    ['html', [event('row', '<li>Ada</li>')]],
    ['plain', [event('message', '42')]],
    ['plain', [event('start', '{"type":"start"}')]],
    ['plain', [event('next', '3')]],
    ['none', []],
  ])('%s is recognized by its events', (id, items) => {
    expect(dialectOf(headOf({}), streamOf({ items }))).toMatchObject({ id })
  })

  it('of the AI SDK is recognized by its header', () => {
    const headers = { 'x-vercel-ai-ui-message-stream': 'v1' }
    expect(dialectOf(headOf({ headers }), streamOf({}))).toMatchObject({ id: 'ai-sdk' })
  })
})

describe('each check', () => {
  it('names a page that exists, and its heading', async () => {
    const { readFile } = await import('node:fs/promises')
    for (const { docs } of checks) {
      const [file = '', anchor] = docs.split('#')
      const page = await readFile(new URL(`../../../../${file}`, import.meta.url), 'utf8')
      const slugs = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
        heading
          .toLowerCase()
          .replace(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      )
      if (anchor !== undefined) expect(slugs, docs).toContain(anchor)
    }
  })
})
