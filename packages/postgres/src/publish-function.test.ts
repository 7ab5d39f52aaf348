import { setTimeout as pause } from 'node:timers/promises'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { hasPostgres } from '@sse/test-support/postgres-server'
import { until } from '@sse/test-support/until'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'

const { newDatabase, open, later } = engineScope()
const leads = defineStream({ path: '/leads', events: { lead: type<{ id: string }>() } })

describe.skipIf(!hasPostgres)(
  'sse.publish, called by a role that may do nothing else',
  { timeout: 60_000 },
  () => {
    const start = async () => {
      const { url } = await newDatabase()
      const hub = later(createHub(leads, { engine: open(url) }))
      const from = await hub.publish('owner:42', 'lead', { id: '1' })
      const owner = later(await connect(url))
      const role = `crm_${Math.random().toString(36).slice(2)}`
      await owner.query(`CREATE ROLE ${role} LOGIN; GRANT USAGE ON SCHEMA sse TO ${role}`)
      const granted = `GRANT EXECUTE ON FUNCTION sse.publish TO ${role}`
      const client = later(await connect(url.replace('postgres@', `${role}@`)))
      const publish = (...given: unknown[]) =>
        client.query(`SELECT sse.publish(${given.map((_, index) => `$${index + 1}`).join(', ')})`, given)
      const read = async (count: number) => {
        const payloads: unknown[] = []
        for await (const { payload } of hub.subscribe('owner:42', { after: from })) {
          payloads.push(payload)
          if (payloads.length === count) break
        }
        return payloads
      }
      return { hub, owner, client, granted, publish, read }
    }

    it('publishes in its transaction, once for an idempotency key', async () => {
      const { owner, client, granted, publish, read } = await start()
      await expect(publish('hub', 'owner:42', 'lead', '{"id":"2"}')).rejects.toThrow('permission denied')
      await owner.query(granted)
      await client.query('BEGIN')
      await publish('hub', 'owner:42', 'lead', '{"id":"never"}')
      await client.query('ROLLBACK')
      for (const _ of [1, 2]) await publish('hub', 'owner:42', 'lead', '{"id":"2"}', null, 'import 2')
      await publish('hub', 'owner:42', 'lead', '{\n "id": "3"\n}', 'a key')
      expect(await read(2)).toEqual([{ id: '2' }, { id: '3' }])
      await expect(client.query('SELECT * FROM sse.entries')).rejects.toThrow('permission denied')
      await expect(client.query('INSERT INTO sse.outbox (log) VALUES (1)')).rejects.toThrow(
        'permission denied',
      )
    })

    it('wakes a quiet hub, which looks at the outbox every 30 seconds', async () => {
      const { url } = await newDatabase()
      const engine = open(url)
      const hub = later(createHub(leads, { engine }))
      const from = await hub.publish('owner:42', 'lead', { id: '1' })
      const next = hub.subscribe('owner:42', { after: from })[Symbol.asyncIterator]().next()
      await until(() => engine.hasReliableWakes, 'notifications arrive')
      await pause(1_500) // the last look after less than that
      const client = later(await connect(url))
      await client.query(`SELECT sse.publish('hub', 'owner:42', 'lead', '{"id":"2"}')`)
      const late = pause(10_000).then(() => 'later than in 10 seconds')
      expect(await Promise.race([next, late])).toMatchObject({ value: { payload: { id: '2' } } })
    })

    it('refuses every mistake, and the hub delivers what follows', async () => {
      const { hub, owner, granted, publish, read } = await start()
      await owner.query(granted)
      const mistakes: [given: unknown[], message: RegExp][] = [
        [['hub', 'owner:42', 'lead', '{"id":'], /invalid input syntax for type json/],
        [['hub', 'owner:42', 'lead', ''], /invalid input syntax for type json/],
        [['hub', 'owner:42', 'lead', 'NaN'], /invalid input syntax for type json/],
        [['hub', 'owner:42', 'lead', null], /null value in column "data"/],
        [['hub', 'owner:42', null, '1'], /null value in column "event"/],
        [['hub', null, 'lead', '1'], /null value in column "channel"/],
        [['hub', '', 'lead', '1'], /^channel must have/],
        [['hub', 'owner:42\n', 'lead', '1'], /^channel must have/],
        [['hub', 'x'.repeat(257), 'lead', '1'], /^channel must have/],
        [['hub', 'owner:42', '', '1'], /^event must have/],
        [['hub', 'owner:42', 'le\nad', '1'], /^event must have/],
        [['hub', 'owner:42', 'error', '1'], /reserved/],
        [['hub', 'sse.revoked', 'revoke', '{"identity":"ada"}'], /reserved/],
        [['hub', 'owner:42', 'lead', '1', ''], /^key must have/],
        [['hub', 'owner:42', 'lead', '1', null, '\u0001'], /^idempotency_key must have/],
        [['other', 'owner:42', 'lead', '1'], /no hub "other"/],
        [['hub', 'owner:42', 'lead'], /function sse.publish\(.*\) does not exist/],
      ]
      for (const [given, message] of mistakes) await expect(publish(...given)).rejects.toThrow(message)
      await hub.publish('owner:42', 'lead', { id: '2' })
      expect(await read(1)).toEqual([{ id: '2' }])
      expect(hub.stats().skipped).toBe(0)
    })

    it('knows no contract, unless a constraint of the app says it: then an unknown event is refused', async () => {
      const { owner, granted, publish, read } = await start()
      await owner.query(granted)
      await owner.query(`ALTER TABLE sse.outbox ADD CONSTRAINT of_the_contract
      CHECK (event IN ('lead') AND channel LIKE 'owner:_%')`)
      await expect(publish('hub', 'owner:42', 'laed', '1')).rejects.toThrow('"of_the_contract"')
      await expect(publish('hub', 'owner:', 'lead', '1')).rejects.toThrow('"of_the_contract"')
      await publish('hub', 'owner:42', 'lead', '{"id":"2"}')
      expect(await read(1)).toEqual([{ id: '2' }])
    })
  },
)

async function connect(url: string) {
  const client = new Client({ connectionString: url })
  await client.connect()
  return Object.assign(client, { close: () => client.end() })
}
