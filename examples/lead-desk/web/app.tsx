import { useCallback, useEffect, useState } from 'react'
import type { Person } from '../shared/person.ts'
import { api, type Session } from './api.ts'
import { DeskPage } from './desk-page.tsx'
import { InboxPage } from './inbox-page.tsx'
import { SignInPage } from './sign-in-page.tsx'

const RETRY_MS = 2_000

export function App() {
  const [session, setSession] = useState<Session>()
  const [problem, setProblem] = useState('')

  useEffect(() => {
    const leaving = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const load = async () => {
      try {
        setSession(await api.session(leaving.signal))
        setProblem('')
      } catch (error) {
        if (leaving.signal.aborted) return
        setProblem((error as Error).message)
        timer = setTimeout(load, RETRY_MS)
      }
    }
    load()
    return () => {
      leaving.abort()
      clearTimeout(timer)
    }
  }, [])

  const enter = useCallback((me: Person | null) => setSession((now) => now && { ...now, me }), [])
  const leave = useCallback(() => enter(null), [enter])

  if (!session) {
    return (
      <main className="lobby" aria-busy={!problem}>
        <title>Lead desk</title>
        <p role="alert">{problem}</p>
      </main>
    )
  }
  const { me, people, password } = session
  if (!me) return <SignInPage people={people} demoPassword={password} onSignIn={enter} />
  if (me.role === 'dispatcher') return <DeskPage me={me} onLeave={leave} />
  return <InboxPage me={me} onLeave={leave} />
}
