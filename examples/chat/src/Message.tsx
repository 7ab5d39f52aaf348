import type { ChatMessage } from '../messages.ts'

export function Message({ message, isWriting }: { message: ChatMessage; isWriting: boolean }) {
  const text = message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  return (
    <li className={message.role} data-writing={isWriting}>
      <span className="hidden">{message.role === 'user' ? 'You' : 'Answer'}:</span>
      <div className="text">
        {text.split('\n\n').map((paragraph, n) => (
          // Paragraphs are only ever added at the end.
          <p key={String(n)}>
            {paragraph
              .split('**')
              .map((piece, m) => (m % 2 === 1 ? <strong key={String(m)}>{piece}</strong> : piece))}
          </p>
        ))}
      </div>
      {message.metadata?.stopped && <p className="note">Stopped</p>}
    </li>
  )
}
