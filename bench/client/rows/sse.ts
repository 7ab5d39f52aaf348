import { connect } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import type { Row } from '../row.ts'

const ticks = defineStream({ path: '/', events: { tick: type<unknown>(), other: type<unknown>() } })

export const run: Row = async (url, fetcher, { hear, over }) => {
  const feed = connect(ticks, { baseUrl: url, fetch: fetcher })
  feed.on('tick', hear)
  await over
  feed.close()
}
