import { useLatest, useStream, useStreamStatus } from '@sse/react'
import { desk } from '../shared/stream.ts'

/** The dispatcher's view. Each event holds all of it, so the latest one is the state. */
export function useDesk(me: string) {
  // A connection belongs to one person: the next one to sign in gets a new one.
  const feed = useStream(desk, { shareKey: me, reconnect: { maxJitterMs: 5_000 } })
  return { overview: useLatest(feed, 'overview'), status: useStreamStatus(feed) }
}
