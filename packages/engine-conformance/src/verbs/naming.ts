import { check, checkSame } from '../broken-promise.ts'
import type { EngineCase } from '../opened-engine.ts'
import { commitOf, makeEntry, read, readPages, readState, utf8Length } from './entries.ts'

/** Names that code with careless splitting, escaping, case folding or look-ups confuses. */
const NAMES = [
  '__proto__',
  'constructor',
  'a:b:c',
  'a.b.*',
  '>',
  '{tag}',
  'A',
  'a',
  ' a ',
  "it's",
  '"quoted"',
  'a\\b',
  'a%b_c',
  '\u00e9', // é as one code point
  'e\u0301', // and as two
  '👩‍👩‍👧‍👦 家族',
  'x'.repeat(256),
  '🦊'.repeat(128),
]

export const naming: readonly EngineCase[] = [
  {
    promise: 'every channel name is a separate channel',
    async show({ engine }) {
      await engine.append(NAMES.map((channel) => makeEntry(channel, { channel })))
      for (const [index, channel] of NAMES.entries()) {
        const { entries } = await read(engine, 0, 100, [channel])
        checkSame(
          entries.map((entry) => [entry.position, entry.channel]),
          [[index + 1, channel]],
          this.promise,
        )
      }
      const { entries } = await read(engine, 0, 100, NAMES)
      checkSame(
        entries.map(({ channel }) => channel),
        NAMES,
        this.promise,
      )
    },
  },
  {
    promise: 'every key, idempotency key and event name is kept unchanged',
    async show({ engine }) {
      const entries = NAMES.map((name) => makeEntry(1, { key: name, event: name, idempotencyKey: name }))
      const { positions: first } = await engine.append(entries)
      const { positions: second } = await engine.append(entries)
      checkSame(second, first, 'different idempotency keys are never confused')
      const page = await read(engine, 0, 100)
      checkSame(
        page.entries.map(({ key, event }) => [key, event]),
        NAMES.map((name) => [name, name]),
        this.promise,
      )
    },
  },
  {
    promise: 'every subscriber name has a separate commit',
    async show({ engine }) {
      for (const [position, name] of NAMES.entries()) await engine.commit(name, { epoch: 'e1', position })
      for (const [position, name] of NAMES.entries()) {
        checkSame(await commitOf(engine, name), ['e1', position], this.promise)
      }
      const all = await engine.committed(NAMES)
      checkSame(
        NAMES.map((name) => all.get(name)?.position),
        [...NAMES.keys()],
        this.promise,
      )
      for (const [position, name] of NAMES.entries()) {
        await engine.forget(name)
        checkSame((await engine.committed(NAMES)).size, NAMES.length - 1 - position, this.promise)
      }
    },
  },
  {
    promise: 'a payload of any text, up to 1 MB, is read unchanged',
    async show({ engine }) {
      const texts = [
        '',
        'null',
        '"\\u0000"',
        '"\u2028\u2029"',
        JSON.stringify(NAMES),
        '"🦊é"'.padEnd(40, ' '),
      ]
      texts.push(JSON.stringify('x'.repeat(1_048_574)), JSON.stringify('🦊'.repeat(262_143)))
      await readState(engine) // the engine knows the limit of its store after its first call
      const { maxDataBytes = Number.POSITIVE_INFINITY } = engine
      while (utf8Length(texts.at(-1) as string) > maxDataBytes) texts.pop()
      await engine.append(texts.map((data) => ({ channel: 'leads', event: 'lead', data })))
      const entries = await readPages(engine, 0, { limit: 100, maxBytes: 1_000_000 })
      check(entries.length === texts.length, this.promise, `${entries.length} of ${texts.length}`)
      for (const [index, { data }] of entries.entries()) {
        checkSame(data === texts[index], true, `${this.promise} (${texts[index]?.slice(0, 40)})`)
      }
    },
  },
]
