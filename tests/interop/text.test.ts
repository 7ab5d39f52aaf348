import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { connect, fetchTransport } from '@sse/client'
import { tabsTransport } from '@sse/client/tabs'
import type { Transport } from '@sse/client/transport'
import { defineStream, text } from '@sse/contract'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { createRuns } from '@sse/server/runs'
import { sqlite } from '@sse/sqlite'
import { serve } from '@sse/test-support/http-server'
import { until } from '@sse/test-support/until'
import { fakeServer } from '@sse/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classTransport } from '../conformance/class-transport.ts'

const rows = defineStream({ path: '/rows', events: { row: text(), end: text() } })

/** Texts made of what a stream's own grammar consists of. */
const texts = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\r', '\n', '\r\n', '\0', ':', ' ', 'data:', '\ndata: ', 'id: ', '\ufeff', '"a"', '1'),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''))
const withLf = (given: string) => given.replaceAll('\r\n', '\n').replaceAll('\r', '\n')

/** Where a stream of the given texts is read. */
interface Source extends AsyncDisposable {
  readonly origin: string
  readonly fetch?: typeof fetch
}

const onError = () => {}

/** Each kind of stream, with the texts that its clients must receive. */
const sources: Record<string, (given: readonly string[]) => Promise<Source>> = {
  async generator(given) {
    return serve(
      sse(rows, async function* ({ event }) {
        for (const row of given) yield event('row', row)
        yield event('end', '')
      }),
    )
  },

  async hub(given) {
    const folder = await mkdtemp(join(tmpdir(), 'text-'))
    const hub = createHub(rows, { engine: sqlite(join(folder, 'log.db')), onError, ring: { maxEvents: 5 } })
    const start = await hub.getState(() => 0)
    const db = new DatabaseSync(join(folder, 'log.db'))
    for (const [index, row] of given.entries()) {
      if (index % 2 === 0) await hub.publish('all', 'row', row)
      else await hub.publishIn(db, 'all', 'row', row)
    }
    db.close()
    await hub.publish('all', 'end', '')
    const options = { authorize: () => true as const, channels: 'all', after: () => start.lastEventId }
    const { origin, [Symbol.asyncDispose]: close } = await serve(sse(hub, options))
    return {
      origin,
      async [Symbol.asyncDispose]() {
        await close()
        await hub.close()
        await rm(folder, { recursive: true })
      },
    }
  },

  async run(given) {
    const runs = createRuns(rows, { onError })
    await runs.start('a', async function* ({ event }) {
      for (const row of given) yield event('row', row)
      yield event('end', '')
    })
    const { origin, [Symbol.asyncDispose]: close } = await serve(sse(rows, () => runs.follow('a')))
    return {
      origin,
      async [Symbol.asyncDispose]() {
        await close()
        await runs.close()
      },
    }
  },

  async 'fake server'(given) {
    const server = fakeServer(rows)
    for (const row of given) server.send('row', row)
    server.send('end', '')
    return { origin: 'http://test', fetch: server.fetch, [Symbol.asyncDispose]: async () => server.close() }
  },
}

const transports: Record<string, Transport> = {
  fetch: fetchTransport,
  EventSource: classTransport,
  tabs: tabsTransport(fetchTransport),
}

/** Reads a source up to its end event. */
async function read({ origin, fetch }: Source, transport: Transport): Promise<string[]> {
  const seen: string[] = []
  let isOver = false
  const feed = connect(rows, {
    baseUrl: origin,
    transport,
    ...(fetch && { fetch }),
    lastEventId: fetch ? 'fake1-0' : '',
  })
  feed.on('row', (row) => seen.push(row))
  feed.on('end', () => {
    isOver = true
  })
  await until(() => isOver).finally(() => feed.close())
  return seen
}

describe.each(Object.keys(sources))('a text of a %s', (kind) => {
  it('arrives as it was, with LF for each CR LF and CR, on every transport', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(texts, { minLength: 20, maxLength: 60 }), async (given) => {
        await using source = await (sources[kind] as (typeof sources)[string])(given)
        for (const [name, transport] of Object.entries(transports)) {
          if (source.fetch && name !== 'fetch') continue
          expect(await read(source, transport), name).toEqual(given.map(withLf))
        }
      }),
      { numRuns: 4 },
    )
  })
})

it('the texts of a run are merged as strings', async () => {
  const runs = createRuns(rows, { onError, merge: { row: (earlier, later) => earlier + later } })
  const parts = ['<p>', 'a\n', ' "b" ', '\r\nc', '</p>']
  const run = await runs.start('a', async function* ({ event }) {
    for (const part of parts) yield event('row', part)
  })
  await run.done
  let seen = ''
  for await (const { payload } of runs.follow('a')) seen += payload
  expect(seen).toBe('<p>a\n "b" \nc</p>')
  await runs.close()
})
