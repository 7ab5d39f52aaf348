import { connect, type FeedStatus } from '@sse/client'
import { room } from './room.ts'

const status = document.querySelector('#status') as HTMLElement
const form = document.querySelector('#form') as HTMLFormElement
const messages = document.querySelector('#messages') as HTMLElement

function showStatus({ state }: FeedStatus) {
  status.textContent = state
  status.dataset.state = state
}

const feed = connect(room)
showStatus(feed.status)
feed.onStatus(showStatus)
feed.on('message', ({ text }) => {
  const item = document.createElement('li')
  item.textContent = text
  messages.insertBefore(item, messages.firstChild)
  messages.children[50]?.remove()
})

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  const body = JSON.stringify({ text: new FormData(form).get('text') })
  form.reset()
  await fetch('/api/messages', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
})
