import { useEvents, useStream, useStreamStatus } from '@sse/react'
import type { FormEvent } from 'react'
import { room } from '../room.ts'

export default function Home() {
  const feed = useStream(room)
  const { state } = useStreamStatus(feed)
  const messages = useEvents(feed, 'message', { limit: 50 })
  return (
    <main>
      <header>
        <h1>Room</h1>
        <p className="status" data-state={state} role="status">
          {state}
        </p>
      </header>
      <form onSubmit={publish}>
        <label htmlFor="text">Message</label>
        <input id="text" name="text" autoComplete="off" required />
        <button type="submit">Publish</button>
      </form>
      <ol data-testid="messages">
        {messages.toReversed().map(({ id, payload }) => (
          <li key={id}>{payload.text}</li>
        ))}
      </ol>
    </main>
  )
}

async function publish(event: FormEvent<HTMLFormElement>) {
  event.preventDefault()
  const form = event.currentTarget
  const text = new FormData(form).get('text')
  form.reset()
  await fetch('/api/messages', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text }),
  })
}
