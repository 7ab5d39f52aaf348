import type { FeedStatus } from '@sse/client'
import type { Person } from '../shared/person.ts'
import { api } from './api.ts'
import { Avatar } from './avatar.tsx'
import { Logo } from './logo.tsx'

interface TopBarProps {
  me: Person
  status: FeedStatus
  onLeave: () => void
}

export function TopBar({ me, status, onLeave }: TopBarProps) {
  const leave = () => api.signOut().then(onLeave, onLeave)
  return (
    <header className="top-bar">
      <span className="brand">
        <Logo size={28} />
        <span>Lead desk</span>
      </span>
      <StatusPill status={status} />
      <span className="who">
        <Avatar name={me.name} />
        <span className="name">{me.name}</span>
      </span>
      <button type="button" className="quiet" onClick={leave}>
        Sign out
      </button>
    </header>
  )
}

function StatusPill({ status }: { status: FeedStatus }) {
  const label = {
    connecting: status.state === 'connecting' && status.attempt > 1 ? 'Reconnecting' : 'Connecting',
    open: 'Live',
    waiting: 'Reconnecting',
    paused: status.state === 'paused' && status.reason === 'offline' ? 'Offline' : 'Paused',
    closed: 'Not connected',
  }[status.state]
  return (
    <span className="pill" role="status" data-state={status.state}>
      {label}
    </span>
  )
}

/** Whether the stream was refused because nobody is signed in any more: the way on is the sign-in page. */
export function isSignedOut(status: FeedStatus): boolean {
  return status.state === 'closed' && status.reason === 'error' && status.error.status === 401
}
