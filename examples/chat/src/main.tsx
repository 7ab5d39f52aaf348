import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Chat } from './Chat.tsx'
import { loadMessages } from './load-messages.ts'

// The address names the chat: a reload and a second tab show the same one.
const url = new URL(location.href)
const id = url.searchParams.get('chat') ?? crypto.randomUUID()
url.searchParams.set('chat', id)
history.replaceState(null, '', url)

const app = document.getElementById('app')
if (app) {
  const messages = await loadMessages(id)
  createRoot(app).render(
    <StrictMode>
      <Chat id={id} saved={messages} />
    </StrictMode>,
  )
}
