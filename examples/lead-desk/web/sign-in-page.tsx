import { type FormEvent, useState } from 'react'
import type { Person } from '../shared/person.ts'
import { api } from './api.ts'
import { Avatar } from './avatar.tsx'
import { Logo } from './logo.tsx'

interface SignInPageProps {
  people: Person[]
  demoPassword: string
  onSignIn: (me: Person) => void
}

export function SignInPage({ people, demoPassword, onSignIn }: SignInPageProps) {
  const [problem, setProblem] = useState('')
  const [isBusy, setIsBusy] = useState(false)

  async function signIn(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    setIsBusy(true)
    try {
      const { me } = await api.signIn(String(fields.get('person')), String(fields.get('password')))
      onSignIn(me)
    } catch (error) {
      setProblem((error as Error).message)
      setIsBusy(false)
    }
  }

  return (
    <main className="lobby">
      <title>Sign in · Lead desk</title>
      <div className="welcome">
        <Logo size={48} />
        <h1>Lead desk</h1>
        <p>
          Sign in as Dana here and as Ada in <SecondWindow />, and assign a lead: it is in Ada's inbox at
          once. Close Ada's window, assign two more, and open it again: they wait for her, even if you stopped
          and started the server in between.
        </p>
      </div>
      <form className="card" onSubmit={signIn}>
        <fieldset className="people">
          <legend>Who are you?</legend>
          {people.map(({ id, name, role }, index) => (
            <label key={id} className="person">
              <input type="radio" name="person" value={id} required defaultChecked={index === 0} />
              <Avatar name={name} />
              <span>
                <b>{name}</b>
                <small>{role === 'dispatcher' ? 'Dispatcher' : 'Sales'}</small>
              </span>
            </label>
          ))}
        </fieldset>
        <label className="field">
          Password
          <input
            type="password"
            name="password"
            required
            autoComplete="current-password"
            aria-describedby="password-hint"
          />
        </label>
        <p id="password-hint" className="hint">
          This is a demo, and everybody's password is <code>{demoPassword}</code>
        </p>
        <p role="alert" className="problem">
          {problem}
        </p>
        <button type="submit" disabled={isBusy}>
          Sign in
        </button>
      </form>
    </main>
  )
}

/** To a browser, the two names of this machine are two sites with separate cookies: two people at once. */
function SecondWindow() {
  const { hostname, port } = location
  const other = { localhost: '127.0.0.1', '127.0.0.1': 'localhost' }[hostname]
  if (!other) return <>a private window</>
  return (
    <a href={`//${other}:${port}/`} target="_blank" rel="noreferrer">
      a second window
    </a>
  )
}
