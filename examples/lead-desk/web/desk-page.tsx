import { useEffect } from 'react'
import type { Person } from '../shared/person.ts'
import type { Overview } from '../shared/stream.ts'
import { AssignForm } from './assign-form.tsx'
import { Avatar } from './avatar.tsx'
import { formatMoney, Moment } from './format.tsx'
import { isSignedOut, TopBar } from './top-bar.tsx'
import { useDesk } from './use-desk.ts'

export function DeskPage({ me, onLeave }: { me: Person; onLeave: () => void }) {
  const { overview, status } = useDesk(me.id)

  useEffect(() => {
    if (isSignedOut(status)) onLeave()
  }, [status, onLeave])

  return (
    <>
      <title>Desk · Lead desk</title>
      <TopBar me={me} status={status} onLeave={onLeave} />
      <main className="desk">
        <h1 className="unseen">Desk</h1>
        <Rejected count={overview?.rejected ?? 0} />
        <AssignForm team={overview?.team ?? []} />
        <Team team={overview?.team ?? []} />
        <Recent overview={overview} />
      </main>
    </>
  )
}

function Rejected({ count }: { count: number }) {
  if (count === 0) return null
  return (
    <p role="alert" className="problem">
      {count} {count === 1 ? 'event' : 'events'} could not be published. See the table outbox_rejected.
    </p>
  )
}

function Team({ team }: { team: Overview['team'] }) {
  const online = team.filter(({ isOnline }) => isOnline).length
  return (
    <section className="card team" aria-labelledby="team">
      <h2 id="team">Who is online</h2>
      <p role="status" className="hint">
        {online} of {team.length} online
      </p>
      <ul>
        {team.map(({ id, name, isOnline, unread }) => (
          <li key={id} data-person={id} data-online={isOnline}>
            <Avatar name={name} isOnline={isOnline} />
            <span>
              <b>{name}</b>
              <small>{isOnline ? 'Online' : 'Offline'}</small>
            </span>
            <span className="count" data-none={unread === 0}>
              {unread} unread
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Recent({ overview }: { overview: Overview | undefined }) {
  if (!overview) return null
  const { recent, team } = overview
  const nameOf = (id: string) => team.find((person) => person.id === id)?.name ?? id
  return (
    <section className="card recent" aria-labelledby="recent">
      <h2 id="recent">Assigned lately</h2>
      {recent.length === 0 && <p className="hint">Nothing yet.</p>}
      <ul>
        {recent.map(({ id, owner, title, company, value, assignedAt, isRead }) => (
          <li key={id} data-lead={id}>
            <span className="what">
              <b>{title}</b>
              <small>
                {company}
                {value !== undefined && ` · ${formatMoney(value)}`}
              </small>
            </span>
            <span className="to">
              <b>{nameOf(owner)}</b>
              <small>
                <Moment at={assignedAt} /> · {isRead ? 'read' : 'not read yet'}
              </small>
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
