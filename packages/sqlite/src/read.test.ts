import { expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { selectOfChannels } from './read.ts'

const { newFile, open, connect } = engineScope()

it.each([1, 2, 64])(
  'finds and merges a page of %i channels by index, without scanning or sorting',
  async (count) => {
    const file = newFile()
    await open(file).read(0, 0)
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

it('reads a page of the whole log from its first position', async () => {
  const file = newFile()
  await open(file).read(0, 0)
  const statement =
    'SELECT position, at, channel, event, data, key FROM sse_entries WHERE position > ? ORDER BY position LIMIT ?'
  const plan = connect(file).prepare(`EXPLAIN QUERY PLAN ${statement}`).all()
  expect(plan).toMatchObject([{ detail: 'SEARCH sse_entries USING INTEGER PRIMARY KEY (rowid>?)' }])
})
