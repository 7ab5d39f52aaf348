import { useChat } from '@ai-sdk/react'
import { useEffect, useRef } from 'react'
import type { ChatMessage } from '../messages.ts'
import { loadMessages } from './load-messages.ts'

const LOOK_AGAIN_MS = 700

/** `useChat` on a chat that the server saves, in every tab that shows it. */
export function useSavedChat(id: string, saved: ChatMessage[]) {
  const chat = useChat<ChatMessage>({
    id,
    messages: saved,
    resume: true,
    throttle: 50,
    onFinish: ({ message, finishReason, isError, isDisconnect }) => {
      // What ends without a reason and without an error was stopped, in this tab or another.
      if (finishReason || isError || isDisconnect) return
      chat.setMessages((all) =>
        all.map((one) => (one.id === message.id ? { ...one, metadata: { stopped: true } } : one)),
      )
    },
  })
  const { status, messages, setMessages, resumeStream } = chat
  const isUnanswered = status === 'ready' && messages.at(-1)?.role === 'user'

  // The answer may have ended between the load of the messages and the resume: then it has been saved.
  useEffect(() => {
    if (!isUnanswered) return
    const timer = setTimeout(async () => {
      const found = await loadMessages(id)
      if (found.at(-1)?.role === 'assistant') setMessages(found)
    }, LOOK_AGAIN_MS)
    return () => clearTimeout(timer)
  }, [isUnanswered, id, setMessages])

  // A tab that asks tells the others, which then follow the answer.
  const isIdle = useRef(true)
  isIdle.current = status === 'ready' || status === 'error'
  const tabs = useRef<BroadcastChannel>(undefined)
  useEffect(() => {
    const channel = new BroadcastChannel(`chat ${id}`)
    channel.onmessage = async () => {
      if (!isIdle.current) return
      setMessages(await loadMessages(id))
      await resumeStream()
    }
    tabs.current = channel
    return () => channel.close()
  }, [id, setMessages, resumeStream])
  useEffect(() => {
    if (status === 'streaming') tabs.current?.postMessage('answering')
  }, [status])

  return { ...chat, isUnanswered, isBusy: status === 'submitted' || status === 'streaming' }
}
