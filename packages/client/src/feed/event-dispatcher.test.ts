import { defineStream, type } from '@sse/contract'
import { expect, it } from 'vitest'
import { fromReadableStream } from './from-readable-stream.ts'

const numbers = defineStream({ path: '/', events: { heard: type<number>(), other: type<number>() } })
const block = (name: string, n: number) => `id: ${n}\nevent: ${name}\ndata: ${n}\n\n`

it('keeps the id of the newest event, also of one that nothing listens to', async () => {
  const chunks = [
    block('other', 1) + block('heard', 2) + block('other', 3) + block('other', 4),
    `event: other\ndata: 5\n\n${block('other', 6)}id: 7\n\n`,
    'event: heard\ndata: 8\n\n',
  ]
  const seen: unknown[] = []
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        seen.push(`after ${feed.lastEventId}`)
        const chunk = chunks.shift()
        if (chunk) controller.enqueue(new TextEncoder().encode(chunk))
        else controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const feed = fromReadableStream(numbers, body)
  feed.on('heard', (n, { id }) => seen.push([n, id, feed.lastEventId]))
  await expect.poll(() => feed.status.state).toBe('closed')
  expect(seen).toEqual(['after ', [2, '2', '2'], 'after 4', 'after 7', [8, '7', '7'], 'after 7'])
})
