import { jetstream } from '@nats-io/jetstream'
import { connect, headers } from '@nats-io/transport-node'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { lead } from '@sse/test-support/entries'
import { hasNats, type NatsServer } from '@sse/test-support/nats-server'
import { readAmongForeign } from '@sse/test-support/read-among-foreign'
import { atMost } from '@sse/test-support/read-options'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { nats } from './index.ts'

const { start, open, operate, later } = engineScope()
const numbers = defineStream({ path: '/numbers', events: { number: type<unknown>() } })

const bytes = fc.uint8Array({ maxLength: 24 })
const payload = fc.oneof(fc.constantFrom('"foreign"', '', '\ufeff1', 'a\nb'), bytes, fc.json({ maxDepth: 1 }))
const subject = fc.constantFrom('a', 'a', 'b', 'a.b', '%', '%E0%A4', '~', '~####', 'é', '\u{1f98a}')
const header = fc.tuple(
  fc.constantFrom(
    'Sse-Event',
    'Sse-Event',
    'Sse-Key',
    'Nats-Sequence',
    'Nats-Subject',
    'Nats-Time-Stamp',
    'Nats-Num-Pending',
    'Nats-Consumer-Stalled',
    'X-Other',
  ),
  fc.constantFrom('number', '%', '%E0%A4', '~', '', 'sse.end', '9', '-1', '18446744073709551615', 'é'),
)
const status = fc.constantFrom(undefined, undefined, undefined, 100, 204, 404, 408, 503)
/** What another program stores: `status` is that of its headers. */
interface ForeignMessage {
  readonly subject: string
  readonly payload: string | Uint8Array
  readonly given: [string, string][] | null
  readonly status: number | undefined
}
const message: fc.Arbitrary<ForeignMessage> = fc.record({
  subject,
  payload,
  given: fc.option(fc.array(header, { maxLength: 4 })),
  status,
})

const NO_EVENT: ForeignMessage = { subject: 'a', payload: '1', given: null, status: undefined }

/** Stores a message in the log of a hub as another program would; the server may refuse it. */
async function foreignWriter(server: NatsServer, name: string) {
  const connection = await connect({ servers: server.url })
  onTestFinished(() => connection.close())
  const { config } = await (await operate(server)).streams.info(`sse-log-${name}`)
  const prefix = (config.subjects[0] as string).slice(0, -1)
  return async ({ subject, payload, given, status }: ForeignMessage) => {
    const made = status === undefined ? headers() : headers(status, 'Some Status')
    for (const [name, value] of given ?? []) made.append(name, value)
    const hasHeaders = given !== null || status !== undefined
    await jetstream(connection)
      .publish(prefix + subject, payload, hasHeaders ? { headers: made } : {})
      .catch(() => {})
  }
}

describe.skipIf(!hasNats)(
  'messages of another program in the stream of the log',
  { timeout: 120_000 },
  () => {
    it('never stop the log: everything else is delivered in order, live, after a restart and behind the ring', async () => {
      const server = await start()
      let logs = 0
      await fc.assert(
        fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 12 }), async (entries) => {
          const name = `log-${++logs}`
          const openHub = (ring = {}) =>
            later(
              createHub(numbers, { engine: nats({ servers: server.url, name }), ring, onError: () => {} }),
            )
          const openWriter = () => foreignWriter(server, name)
          await readAmongForeign({ openHub, openWriter, entries, noEvent: NO_EVENT })
        }),
        { numRuns: 25 },
      )
    })

    it('with headers of the server keep their own position and time', async () => {
      const server = await start()
      const engine = open(server)
      await engine.append([lead(1)])
      const write = await foreignWriter(server, 'hub')
      const given: [string, string][] = [
        ['Sse-Event', 'lead'],
        ['Nats-Sequence', '77'],
        ['Nats-Subject', 'sse.log.hub.x.other'],
        ['Nats-Time-Stamp', 'never'],
      ]
      await write({ subject: 'leads', payload: '2', given, status: undefined })
      await write({ subject: 'leads', payload: '3', given, status: 404 })
      await engine.append([lead(4)])
      for (const channels of [undefined, ['leads']]) {
        const page = await engine.read(0, atMost(10, channels))
        expect(page.entries.map(({ position, data }) => [position, data])).toEqual([
          [1, '1'],
          [2, '2'],
          [3, '3'],
          [4, '4'],
        ])
        for (const { at } of page.entries) expect(Math.abs(Date.now() - at)).toBeLessThan(60_000)
      }
    })
  },
)
