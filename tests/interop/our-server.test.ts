import { defineStream, type SseError, type } from '@sse/contract'
import { sse } from '@sse/server/node'
import { awaitable } from '@sse/test-support/awaitable'
import { serve } from '@sse/test-support/http-server'
import { startProgram } from '@sse/test-support/program'
import { requireProgram, requirePython } from '@sse/test-support/require-program'
import { describe, expect, it } from 'vitest'

const curl = requireProgram('curl')
const python = requirePython('httpx')
const reader = new URL('httpx_reader.py', import.meta.url).pathname
const numbers = defineStream({ path: '/numbers', events: { message: type<number>(), half: type<string>() } })

/** Counts to five; a client that comes back goes on where it was. */
const upToFive = sse(numbers, async function* ({ event, lastEventId }) {
  for (let n = Number(lastEventId ?? 0) + 1; n <= 5; n++) yield event('message', n, { id: String(n) })
})

describe.skipIf(!curl)('curl', () => {
  const run = (...args: string[]) => startProgram(curl as string, ['-sS', '--max-time', '15', ...args])

  it('shows each event while the stream goes on, and its leaving ends the source', async () => {
    const go = awaitable()
    const left = awaitable<SseError>()
    await using server = await serve(
      sse(numbers, async function* ({ event, signal }) {
        signal.addEventListener('abort', () => left.call(signal.reason))
        yield event('message', 1, { id: 'é' })
        await go.called
        yield event('half', 'two\nlines')
        await left.called
      }),
    )
    await using program = run('-N', `${server.origin}/numbers`)
    await program.says(/id: é\ndata: 1\n\n/)
    go.call()
    await program.says(/event: half\ndata: "two\\nlines"\n\n/)
    await program.stop()
    expect(await left.called).toMatchObject({ code: 'client_gone' })
  })

  it('gets the whole of a finished stream, and 204 when it comes back', async () => {
    await using server = await serve(upToFive)
    const whole = run('-N', `${server.origin}/numbers`, '-H', 'last-event-id: 3')
    expect(await whole.exited).toBe(0)
    expect(whole.output).toBe(
      ':\nid: 4\ndata: 4\n\nid: 5\ndata: 5\n\nid: sse.end\nevent: sse.end\ndata: \n\n',
    )
    const again = run('-i', `${server.origin}/numbers`, '-H', 'last-event-id: sse.end')
    expect(await again.exited).toBe(0)
    expect(again.output).toMatch(/^HTTP\/1\.1 204 /)
  })

  it('sees status and headers with HEAD, and starts no source', async () => {
    let started = 0
    await using server = await serve(
      sse(numbers, async function* ({ event }) {
        started++
        yield event('message', 1)
      }),
    )
    const program = run('-I', `${server.origin}/numbers`)
    expect(await program.exited).toBe(0)
    expect(program.output).toMatch(/^HTTP\/1\.1 200 OK\r\ncontent-type: text\/event-stream/i)
    expect(started).toBe(0)
  })
})

describe.skipIf(!python)('Python httpx', () => {
  it('reads, resumes after the id it has, and is told 204 at the end', async () => {
    await using server = await serve(upToFive)
    await using program = startProgram(python as string, [reader, `${server.origin}/numbers`, '2'])
    expect(await program.exited, program.output).toBe(0)
    const number = (n: number) => ({ id: String(n), data: String(n) })
    expect(
      program.output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { status: 200, after: null },
      ...[1, 2].map(number),
      { status: 200, after: '2' },
      ...[3, 4, 5].map(number),
      { id: 'sse.end', event: 'sse.end', data: '' },
      { status: 204, after: 'sse.end' },
    ])
  })
})
