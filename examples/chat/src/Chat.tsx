import { type FormEvent, useEffect, useRef, useState } from 'react'
import type { ChatMessage } from '../messages.ts'
import { Message } from './Message.tsx'
import { useSavedChat } from './use-saved-chat.ts'

const QUESTIONS = [
  'What happens when I reload?',
  'How do I stop you from another tab?',
  'Please fail in the middle',
]

export function Chat({ id, saved }: { id: string; saved: ChatMessage[] }) {
  const { messages, sendMessage, regenerate, status, error, isBusy, isUnanswered } = useSavedChat(id, saved)
  const [text, setText] = useState('')
  const [isStopping, setIsStopping] = useState(false)
  const end = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (messages.length > 0) end.current?.scrollIntoView({ block: 'end' })
  }, [messages])
  useEffect(() => {
    if (!isBusy) setIsStopping(false)
  }, [isBusy])

  const ask = (question: string) => {
    if (question.trim() === '' || isBusy) return
    setText('')
    void sendMessage({ text: question.trim() })
  }
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    ask(text)
  }
  // `stop()` of `useChat` would only close this tab's connection.
  const stop = async () => {
    setIsStopping(true)
    const response = await fetch(`/api/chat/${encodeURIComponent(id)}/stop`, { method: 'POST' }).catch(
      () => undefined,
    )
    if (!response?.ok) setIsStopping(false)
  }
  const isStopped = !isBusy && messages.at(-1)?.metadata?.stopped

  return (
    <div className="chat">
      <header>
        <h1>A chat that survives a reload</h1>
        <a className="quiet" href="/">
          New chat
        </a>
      </header>
      <main>
        {messages.length === 0 && (
          <div className="empty">
            <p className="lead">Ask something, then reload the page while the answer is being written.</p>
            <ul>
              {QUESTIONS.map((question) => (
                <li key={question}>
                  <button type="button" className="quiet" onClick={() => ask(question)}>
                    {question}
                  </button>
                </li>
              ))}
            </ul>
          </div>
        )}
        <ol aria-label="Messages">
          {messages.map((message, n) => (
            <Message
              key={message.id}
              message={message}
              isWriting={isBusy && n === messages.length - 1 && message.role === 'assistant'}
            />
          ))}
          {status === 'submitted' && (
            <li className="assistant">
              <p className="thinking">Thinking</p>
            </li>
          )}
        </ol>
        {(error || isUnanswered) && (
          <div className="failed" role={error ? 'alert' : undefined}>
            <p>
              {error ? `The answer was interrupted: ${error.message}` : 'There is no answer to this message.'}
            </p>
            <button type="button" className="quiet" onClick={() => void regenerate()}>
              Try again
            </button>
          </div>
        )}
        <div ref={end} className="end" />
        <form onSubmit={onSubmit}>
          <label className="hidden" htmlFor="text">
            Message
          </label>
          <textarea
            id="text"
            rows={1}
            placeholder="Write a message"
            value={text}
            onChange={({ target }) => setText(target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
              onSubmit(event)
            }}
          />
          {isBusy ? (
            <button type="button" className="stop" disabled={isStopping} onClick={stop}>
              {isStopping ? 'Stopping' : 'Stop'}
            </button>
          ) : (
            <button type="submit" disabled={text.trim() === ''}>
              Send
            </button>
          )}
        </form>
      </main>
      {/* The state alone: a screen reader that read each word could say nothing else. */}
      <p className="hidden" role="status">
        {isBusy ? 'The answer is being written' : isStopped ? 'The answer was stopped' : error ? '' : 'Ready'}
      </p>
    </div>
  )
}
