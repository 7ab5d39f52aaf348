import { connect, type FeedStatus } from '@sse/client'
import { useCallback, useEffect, useReducer, useRef, useState } from 'react'
import { leads } from '../shared/stream.ts'
import { api } from './api.ts'
import { emptyInbox, eventIdUpTo, nextInbox } from './inbox.ts'

const connecting: FeedStatus = { state: 'connecting', attempt: 1 }

/**
 * A person's inbox, live. The database has what was assigned so far, the stream brings what comes; the stream is
 * opened first, so that nothing falls between the two, and what is in both is merged by the lead's id.
 */
export function useInbox(owner: string) {
  const [inbox, dispatch] = useReducer(nextInbox, emptyInbox)
  const [status, setStatus] = useState<FeedStatus>(connecting)
  const feedRef = useRef<ReturnType<typeof follow>>(undefined)

  // React's StrictMode mounts twice: what this opens it closes, so there is one connection in the end.
  useEffect(() => {
    const leaving = new AbortController()
    let isLoaded = false
    const load = async () => {
      try {
        dispatch({ type: 'loaded', leads: (await api.inbox(owner, leaving.signal)).leads })
        isLoaded = true
      } catch {
        // Left, or the server is gone again: its return opens the stream, which loads.
        isLoaded = false
      }
    }
    const feed = follow(owner)
    feedRef.current = feed
    feed.on('lead', (lead, { id }) => dispatch({ type: 'lead', lead, eventId: id }))
    feed.on('read', ({ upTo }) => dispatch({ type: 'read', upTo }))
    // The stream's history does not reach back to where this page was. The database's does.
    feed.on('gap', load)
    feed.onStatus((now) => {
      setStatus(now)
      if (now.state === 'open' && !isLoaded) load()
    })
    return () => {
      leaving.abort()
      feed.close()
    }
  }, [owner])

  /** Marks everything up to that lead as read, and lets the stream go on after it on any device. */
  const acknowledge = useCallback(
    async (upTo: number) => {
      await api.markRead(owner, upTo)
      dispatch({ type: 'read', upTo })
      const eventId = eventIdUpTo(inbox, upTo)
      // Without a connection it is sent again later; a read mark alone is enough for this page.
      if (eventId) feedRef.current?.ack(eventId).catch(() => {})
    },
    [owner, inbox],
  )

  return { inbox, status, acknowledge }
}

const follow = (owner: string) => connect(leads, { params: { owner }, reconnect: { maxJitterMs: 5_000 } })
