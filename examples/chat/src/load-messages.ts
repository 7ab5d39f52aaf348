import type { ChatMessage } from '../messages.ts'

/** Returns the messages of a chat that the server has saved. An answer is saved when it has ended. */
export async function loadMessages(chat: string): Promise<ChatMessage[]> {
  const response = await fetch(`/api/chat/${encodeURIComponent(chat)}`)
  if (!response.ok) throw new Error(`The server answers ${response.status}`)
  return response.json()
}
