import { connect, type FeedStatus } from '@sse/client'
import { useEffect, useState } from 'react'
import { desk, type Overview } from '../shared/stream.ts'

/** The dispatcher's view. Each event holds all of it, so the latest one is the state. */
export function useDesk() {
  const [overview, setOverview] = useState<Overview>()
  const [status, setStatus] = useState<FeedStatus>({ state: 'connecting', attempt: 1 })

  useEffect(() => {
    const feed = connect(desk, { reconnect: { maxDelayMs: 5_000 } })
    feed.on('overview', setOverview)
    feed.onStatus(setStatus)
    return () => feed.close()
  }, [])

  return { overview, status }
}
