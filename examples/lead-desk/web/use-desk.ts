import { useLatest, useStream, useStreamStatus } from '@sse/react'
import { desk } from '../shared/stream.ts'

/** The dispatcher's view. Each event holds all of it, so the latest one is the state. */
export function useDesk(me: string) {
<<<<<<< HEAD
  // A connection belongs to one person: the next one to sign in gets a new one.
=======
  // Who signs in right after another must not be given that one's connection.
>>>>>>> refs/heads/client
  const feed = useStream(desk, { shareKey: me, reconnect: { maxJitterMs: 5_000 } })
  return { overview: useLatest(feed, 'overview'), status: useStreamStatus(feed) }
}
