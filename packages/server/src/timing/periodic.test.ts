import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { sse } from '../index.ts'

describe('heartbeat', () => {
  it('is a comment on every connection, sent by one timer that stops with the last connection', async () => {
    const timers = vi.spyOn(globalThis, 'setInterval')
    const cleared = vi.spyOn(globalThis, 'clearInterval')
    const handler = sse(
      { heartbeatMs: 7, maxConnectionMs: Number.POSITIVE_INFINITY },
      async function* ({ signal }) {
        yield { data: 1 }
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
    )
    const readers = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { body } = await handler(new Request('http://a/'))
        return body?.pipeThrough(new TextDecoderStream()).getReader()
      }),
    )
    for (const reader of readers) {
      let text = ''
      while (!text.endsWith('\n\n:\n:\n')) text += (await reader?.read())?.value
    }
    expect(timers.mock.calls.filter(([, ms]) => ms === 7)).toHaveLength(1)
    const before = cleared.mock.calls.length
    await Promise.all(readers.map((reader) => reader?.cancel()))
    expect(cleared.mock.calls.length).toBe(before + 1)
    vi.restoreAllMocks()
  })

  it('is no event for readers that take every block between empty lines for one', async () => {
    const handler = sse({ heartbeatMs: 2, retryMs: 10 }, async function* () {
      for (let n = 0; ; n += 1) {
        yield { data: n }
        await new Promise((resolve) => setTimeout(resolve, 12))
      }
    })
    const { body } = await handler(new Request('http://a/'))
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!/:\n.*data: 3\n\n/s.test(text)) text += (await reader?.read())?.value
    await reader?.cancel()
    expect(text).toMatch(/^retry: 10\ndata: 0\n\n/)
    expect(text).toMatch(/^:$/m)
    // What follows the last empty line never becomes a block.
    const blocks = text.split('\n\n').slice(0, -1)
    const dataOf = (block: string) => JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '')
    expect(blocks.map(dataOf)).toEqual(blocks.map((_, n) => n))
  })

  it('stops with its stream, so that nothing is written after the end', async () => {
    const ends = [
      async function* () {
        yield { data: 1 }
      },
      async function* () {
        await new Promise((resolve) => setTimeout(resolve, 60))
        throw new Error('late')
      },
    ]
    const onError = vi.fn()
    const cleared = vi.spyOn(globalThis, 'clearInterval')
    for (const source of ends) {
      const response = await sse(
        { heartbeatMs: 1, maxConnectionMs: Number.POSITIVE_INFINITY, onError },
        source,
      )(new Request('http://a/'))
      expect(await response.text()).toMatch(/event: sse\.(end|error)\ndata: .*\n\n$/)
    }
    expect(cleared).toHaveBeenCalledTimes(2)
    await new Promise((resolve) => setTimeout(resolve, 10)) // heartbeats would come, and throw, now
    expect(onError).toHaveBeenCalledOnce()
    vi.restoreAllMocks()
  })

  it('lets a process with an idle stream exit', async () => {
    const script = `
      import { sse } from '@sse/server'
      const forever = sse( { heartbeatMs: 1e9 }, async function* () { yield { data: 1 }; await new Promise(() => {}) })
      const left = sse(async function* () { yield { data: 1 }; await new Promise(() => {}) })
      const reader = (await forever(new Request('http://a/'))).body.getReader()
      await reader.read()
      const parked = (await left(new Request('http://a/'))).body.getReader()
      await parked.read()
      await parked.cancel() // its warning is due in 10 s
      console.log('idle')`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@sse/source', '--input-type=module', '--eval', script],
      { cwd: import.meta.dirname, timeout: 8_000 }, // killed, and so failing, when it does not end
    )
    expect(stdout).toBe('idle\n')
  })

  it.each([
    [0, 'heartbeatMs'],
    [-1, 'heartbeatMs'],
    [Number.NaN, 'heartbeatMs'],
    [2 ** 31, 'heartbeatMs'],
  ])('rejects %s milliseconds', (heartbeatMs, message) => {
    expect(() => sse({ heartbeatMs }, [])).toThrow(message)
  })
})
