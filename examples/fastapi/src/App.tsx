import { useEvent, useLatest, useStream, useStreamStatus } from '@sse/react'
import { type FormEvent, useState } from 'react'
import { addLead, api, assignLead, type Desk, loadDesk } from './api.ts'
import { CreditCheck } from './CreditCheck.tsx'
import { leadsStream } from './contracts.ts'

export function App() {
  const [leads, setLeads] = useState<Desk['leads']>([])
  const [checked, setChecked] = useState<number>()

  /** Loads the list, and says after which event the stream continues. */
  async function load() {
    const desk = await loadDesk()
    setLeads(desk.leads)
    return { resumeFrom: desk.last_event_id }
  }

  // An id the server does not know makes a gap, so the list is loaded first. The same happens when the app restarts.
  const feed = useStream(leadsStream, { baseUrl: api, lastEventId: 'none', onGap: load })
  const { state } = useStreamStatus(feed)
  const newest = useLatest(feed, 'lead')
  useEvent(feed, 'lead', (lead) => setLeads((all) => [...all.filter(({ id }) => id !== lead.id), lead]))
  useEvent(feed, 'assigned', ({ lead_id, owner }) =>
    setLeads((all) => all.map((lead) => (lead.id === lead_id ? { ...lead, owner } : lead))),
  )

  async function add(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = event.currentTarget
    await addLead(String(new FormData(form).get('name')))
    form.reset()
  }

  return (
    <>
      <header>
        <h1>Lead desk</h1>
        <p className="status" data-state={state} role="status">
          {state}
        </p>
      </header>
      <form onSubmit={add}>
        <input name="name" aria-label="Name of the lead" placeholder="Name" required maxLength={80} />
        <button type="submit">Add lead</button>
      </form>
      <p className="newest">{newest ? `Newest: ${newest.name}, from ${newest.source}` : 'No new lead yet'}</p>
      <ol>
        {leads.toReversed().map(({ id, name, source, owner }) => (
          <li key={id}>
            <span className="lead">
              <strong>{name}</strong> <span className="source">{source}</span>
            </span>
            {checked === id ? (
              <CreditCheck leadId={id} />
            ) : (
              <button type="button" className="quiet" onClick={() => setChecked(id)}>
                Check
              </button>
            )}
            {owner ? (
              <span className="owner">{owner}</span>
            ) : (
              <button type="button" onClick={() => assignLead(id, 'you')}>
                Take
              </button>
            )}
          </li>
        ))}
      </ol>
    </>
  )
}
