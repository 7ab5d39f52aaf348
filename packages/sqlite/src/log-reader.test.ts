import { expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { selectOfChannels } from './log-reader.ts'

const { newFile, open, connect } = engineScope()

it.each([1, 2, 64])(
  'a page of %i channels is searched for by index and merged: nothing scanned or sorted',
  (count) => {
    const file = newFile()
    open(file)
    const plan = connect(file)
      .prepare(`EXPLAIN QUERY PLAN ${selectOfChannels(count)}`)
      .all()
      .map(({ detail }) => String(detail))
    const searches = plan.filter((step) => !/^(MERGE \(UNION ALL\)|LEFT|RIGHT)$/.test(step))
    expect(searches).toEqual(
      Array(count).fill('SEARCH sse_entries USING INDEX sse_entries_by_channel (channel=? AND rowid>?)'),
    )
  },
)

it('a page of the whole log is read from its first position on', () => {
  const file = newFile()
  open(file)
  const statement =
    'SELECT position, at, channel, event, data, key FROM sse_entries WHERE position > ? ORDER BY position LIMIT ?'
  const plan = connect(file).prepare(`EXPLAIN QUERY PLAN ${statement}`).all()
  expect(plan).toMatchObject([{ detail: 'SEARCH sse_entries USING INTEGER PRIMARY KEY (rowid>?)' }])
})
