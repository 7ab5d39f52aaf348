import { useEffect, useState } from 'react'
import type { Person } from '../shared/person.ts'
import { api } from './api.ts'
import { unreadIn } from './inbox.ts'
import { LeadCard } from './lead-card.tsx'
import { isSignedOut, TopBar } from './top-bar.tsx'
import { useInbox } from './use-inbox.ts'

export function InboxPage({ me, onLeave }: { me: Person; onLeave: () => void }) {
  const { inbox, status, acknowledge } = useInbox(me.id)
  const [problem, setProblem] = useState('')
  const unread = unreadIn(inbox)
  const newest = inbox.leads[0]

  useEffect(() => {
    if (isSignedOut(status)) onLeave()
  }, [status, onLeave])

  const attempt = (work: () => Promise<unknown>) => {
    work().then(
      () => setProblem(''),
      (error: Error) => setProblem(error.message),
    )
  }

  return (
    <>
      <title>{`${unread > 0 ? `(${unread}) ` : ''}Inbox · Lead desk`}</title>
      <TopBar me={me} status={status} onLeave={onLeave} />
      <main className="inbox">
        <div className="heading">
          <h1>
            Inbox{' '}
            <span className="count" data-testid="unread" data-none={unread === 0}>
              {unread} unread
            </span>
          </h1>
          <div className="actions">
            <button type="button" className="quiet" onClick={() => attempt(() => api.assignRandom(me.id))}>
              Send me a lead
            </button>
            <button
              type="button"
              disabled={unread === 0}
              onClick={() => newest && attempt(() => acknowledge(newest.id))}
            >
              Mark all as read
            </button>
          </div>
        </div>
        <p role="alert" className="problem">
          {problem}
        </p>
        <p role="status" className="news">
          {inbox.news}
        </p>
        {inbox.isLoaded && inbox.leads.length === 0 && (
          <p className="empty">Nothing yet. What Dana assigns to you is here in the same moment.</p>
        )}
        <ul className="leads">
          {inbox.leads.map((lead) => (
            <LeadCard
              key={lead.id}
              lead={lead}
              isRead={lead.id <= inbox.readUpTo}
              isFresh={inbox.fresh.has(lead.id)}
              onAcknowledge={() => attempt(() => acknowledge(lead.id))}
            />
          ))}
        </ul>
      </main>
    </>
  )
}
