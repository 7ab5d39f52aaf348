import { useEvents, useStream, useStreamStatus } from '@sse/solid'
import { For } from 'solid-js'
import { room } from './room.ts'

export function Room() {
  const feed = useStream(room)
  const status = useStreamStatus(feed)
  const messages = useEvents(feed, 'message', { limit: 50 })
  return (
    <>
      <header>
        <h1>Room</h1>
        <p class="status" data-state={status().state} role="status">
          {status().state}
        </p>
      </header>
      <form onSubmit={publish}>
        <label for="text">Message</label>
        <input id="text" name="text" autocomplete="off" required />
        <button type="submit">Publish</button>
      </form>
      <ol data-testid="messages">
        <For each={messages().toReversed()}>{({ payload }) => <li>{payload.text}</li>}</For>
      </ol>
    </>
  )
}

async function publish(event: SubmitEvent & { currentTarget: HTMLFormElement }) {
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
