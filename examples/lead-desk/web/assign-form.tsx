import { type FormEvent, useState } from 'react'
import type { NewLead } from '../shared/lead.ts'
import type { Overview } from '../shared/stream.ts'
import { api } from './api.ts'

export function AssignForm({ team }: { team: Overview['team'] }) {
  const [owner, setOwner] = useState('')
  const [said, setSaid] = useState('')
  const [problem, setProblem] = useState('')
  const [isBusy, setIsBusy] = useState(false)
  // The first one, until one is chosen.
  const chosen = owner || (team[0]?.id ?? '')
  const name = team.find(({ id }) => id === chosen)?.name ?? ''

  async function attempt(work: () => ReturnType<typeof api.assign>, then?: () => void) {
    setIsBusy(true)
    try {
      const { lead } = await work()
      setSaid(`${lead.title} is assigned to ${name}`)
      setProblem('')
      then?.()
    } catch (error) {
      setSaid('')
      setProblem((error as Error).message)
    }
    setIsBusy(false)
  }

  function assign(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = event.currentTarget
    attempt(
      () => api.assign(readForm(form)),
      () => {
        form.reset()
        form.querySelector('input')?.focus()
      },
    )
  }

  return (
    <form className="card assign" onSubmit={assign} aria-labelledby="assign">
      <h2 id="assign" className="wide">
        Assign a lead
      </h2>
      <label className="field wide">
        What is it about?
        <input name="title" required maxLength={120} autoComplete="off" />
      </label>
      <label className="field wide">
        Company
        <input name="company" required maxLength={120} autoComplete="off" />
      </label>
      <label className="field">
        <span>
          Phone <small>(optional)</small>
        </span>
        <input name="phone" type="tel" maxLength={40} autoComplete="off" />
      </label>
      <label className="field">
        <span>
          Value in € <small>(optional)</small>
        </span>
        <input name="value" type="number" min="0" max="1000000000" step="1" inputMode="numeric" />
      </label>
      <label className="field wide">
        To
        <select name="owner" value={chosen} onChange={({ target }) => setOwner(target.value)}>
          {team.map(({ id, name, isOnline }) => (
            <option key={id} value={id}>
              {name} ({isOnline ? 'online' : 'offline'})
            </option>
          ))}
        </select>
      </label>
      <div className="actions wide">
        <button type="submit" disabled={isBusy || !chosen}>
          Assign
        </button>
        <button
          type="button"
          className="quiet"
          disabled={isBusy || !chosen}
          onClick={() => attempt(() => api.assignRandom(chosen))}
        >
          Assign a random lead
        </button>
      </div>
      <p role="status" className="hint wide">
        {said}
      </p>
      <p role="alert" className="problem wide">
        {problem}
      </p>
    </form>
  )
}

function readForm(form: HTMLFormElement): NewLead {
  const fields = new FormData(form)
  const text = (name: string) => String(fields.get(name) ?? '').trim()
  return {
    owner: text('owner'),
    title: text('title'),
    company: text('company'),
    ...(text('phone') && { phone: text('phone') }),
    ...(text('value') && { value: Number(text('value')) }),
  }
}
