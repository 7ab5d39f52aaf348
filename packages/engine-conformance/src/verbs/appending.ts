import type { Engine } from '@sse/server/engine-kit'
import { check, checkSame } from '../broken-promise.ts'
import { turns } from '../model/turns.ts'
import type { EngineCase, OpenedEngine } from '../opened-engine.ts'
import { makeEntries, makeEntry, payloads, positions, range, read, readPages, readState } from './entries.ts'

const EPOCH = /^[0-9A-Za-z]{1,32}$/
const DAY_MS = 86_400_000

export const appending: readonly EngineCase[] = [
  {
    promise: 'a new log is empty: head 0, oldest 1, and an epoch of 1 to 32 letters and digits',
    async show({ engine }) {
      const { epoch, head, oldest, entries } = await read(engine, 0, 10)
      checkSame({ head, oldest, entries }, { head: 0, oldest: 1, entries: [] }, this.promise)
      check(EPOCH.test(epoch), this.promise, epoch)
    },
  },
  {
    promise: 'assigns the positions 1, 2, 3 … over any number of appends, in the given order',
    async show({ engine }) {
      const first = await engine.append(makeEntries(1))
      const second = await engine.append(makeEntries(3, {}, 2))
      checkSame([first.positions, second.positions], [[1], [2, 3, 4]], this.promise)
      const page = await read(engine, 0, 10)
      checkSame([positions(page), payloads(page)], [range(1, 4), range(1, 4)], this.promise)
      checkSame([first.epoch, second.epoch], [page.epoch, page.epoch], 'append and read name the same epoch')
    },
  },
  {
    promise: 'reads an entry as it was appended',
    async show({ engine }) {
      const entries = [
        makeEntry({ title: 'one' }, { key: 'k', idempotencyKey: 'i' }),
        makeEntry(2, { channel: 'other', event: 'count' }),
        { channel: 'leads', event: 'ping', data: '' },
      ]
      await engine.append(entries)
      const page = await read(engine, 0, 10)
      const fields = page.entries.map(({ channel, event, data, key }) => ({ channel, event, data, key }))
      checkSame(
        fields,
        entries.map(({ idempotencyKey, ...entry }: ReturnType<typeof makeEntry>) => ({
          channel: entry.channel,
          event: entry.event,
          data: entry.data,
          key: entry.key,
        })),
        this.promise,
      )
      for (const { at } of page.entries) {
        check(Math.abs(at - Date.now()) < DAY_MS, '`at` is when it was stored, in ms since 1970', `${at}`)
      }
    },
  },
  {
    promise: 'a batch of 1,000 entries keeps its order, and state and positions agree',
    async show({ engine }) {
      const { positions: given } = await engine.append(makeEntries(1_000))
      checkSame(given, range(1, 1_000), this.promise)
      const page = await read(engine, 0, 1_000)
      checkSame(payloads(page), range(1, 1_000), this.promise)
      checkSame([page.head, page.oldest], [1_000, 1], this.promise)
    },
  },
  {
    promise: 'an acknowledged entry can be read at once',
    async show({ engine }) {
      for (let count = 1; count <= 50; count += 1) {
        await engine.append(makeEntries(1, {}, count))
        const page = await read(engine, count - 1, 10)
        checkSame([page.head, payloads(page)], [count, [count]], this.promise)
      }
    },
  },
  {
    promise: 'reads during appends never see a hole, nor an entry after one with a higher position',
    async show({ engine }) {
      let isDone = false
      const write = async () => {
        for (let batch = 0; batch < 40; batch += 1) {
          await engine.append(makeEntries(1 + (batch % 7), {}, batch))
        }
        const { head } = await readState(engine)
        return head
      }
      const written = write().finally(() => {
        isDone = true
      })
      const readers = range(1, 4).map((limit) => followUntil(engine, limit * 3, () => isDone, this.promise))
      const [head, ...heads] = await Promise.all([written, ...readers])
      checkSame(heads, [head, head, head, head], this.promise)
    },
  },
  {
    promise:
      'after a crash, an interrupted append is stored completely or not at all, and every acknowledged entry is',
    needs: 'crash',
    appends: 'whole',
    show: (opened) => showCutOff(opened, (stored) => stored.length === 0 || stored.length === 500),
  },
  {
    promise:
      'after a crash, an interrupted append is stored in part, in order, and every acknowledged entry is stored',
    needs: 'crash',
    appends: 'in part',
    show: (opened) => showCutOff(opened, () => true),
  },
]

/** @param isFit - returns whether these entries may be all that is stored of an append of 500. */
async function showCutOff(
  { engine, crash }: OpenedEngine,
  isFit: (stored: readonly number[]) => boolean,
): Promise<void> {
  const { epoch } = await engine.append(makeEntries(10))
  engine.append(makeEntries(500, {}, 11)).catch(() => {})
  const survivor = await (crash as () => Promise<Engine>)()
  const state = await readState(survivor)
  if (state.epoch !== epoch) return // it has lost entries, and reports it
  const all = (await readPages(survivor, 0, { limit: 100 })).map(({ data }) => Number(data))
  const [before, stored] = [all.slice(0, 10), all.slice(10)]
  checkSame(before, range(1, 10), 'an acknowledged entry survives a crash')
  check(isFit(stored), 'an interrupted append is stored completely or not at all', `${stored.length}`)
  const isInOrder = stored.every((data, index) => data > (stored[index - 1] ?? 10))
  check(isInOrder, 'the stored part of an append is in order', `${stored}`)
  checkSame(state.head, all.length, '`head` is the newest entry')
  const { positions: given } = await survivor.append(makeEntries(1))
  checkSame(given, [state.head + 1], 'positions continue after the head')
}

/** Follows the log as a hub does, and resolves with the last position it has read. */
async function followUntil(
  engine: Engine,
  limit: number,
  isDone: () => boolean,
  promise: string,
): Promise<number> {
  let head = 0
  for (;;) {
    await turns(1) // an engine that answers at once must not starve the appends
    const wasDone = isDone()
    const page = await read(engine, head, limit)
    const last = head + page.entries.length
    checkSame(positions(page), range(head + 1, last), promise)
    check(page.head >= last, '`head` is the newest entry of the same view', `${page.head} < ${last}`)
    check(page.reached === last, '`reached` is the last entry of a page', `${page.reached}, not ${last}`)
    head = last
    if (wasDone && page.reached >= page.head) return head
  }
}
