import { STATE } from '@sse/test-support/read-options'
import { expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'
import { SELECT_ALL, selectOfChannels } from './read.ts'

const { newFile, open, connect } = engineScope()

it.each([1, 2, 64])(
  'finds and merges a page of %i channels by index, without scanning or sorting',
  async (count) => {
    const file = newFile()
    await open(file).read(0, STATE)
    const plan = connect(file)
      .prepare(`EXPLAIN QUERY PLAN ${selectOfChannels(count)}`)
      .all()
      .map(({ detail }) => String(detail))
    const searches = plan.filter((step) => !/^(MERGE \(UNION ALL\)|LEFT|RIGHT)$/.test(step))
    expect(searches).toEqual(
      Array(count).fill(
        'SEARCH sse_entries USING COVERING INDEX sse_entries_by_channel (channel=? AND rowid>?)',
      ),
    )
  },
)

it('reads a page of the whole log from its first position', async () => {
  const file = newFile()
  await open(file).read(0, STATE)
  const plan = connect(file).prepare(`EXPLAIN QUERY PLAN ${SELECT_ALL}`).all()
  expect(plan).toMatchObject([{ detail: 'SEARCH sse_entries USING INTEGER PRIMARY KEY (rowid>?)' }])
})
