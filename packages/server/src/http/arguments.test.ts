import { describe, expect, it } from 'vitest'
import { stream } from '../fixtures/adapter-servers.ts'
import { sse } from '../index.ts'
import { sse as sseNode } from '../node/node.ts'

describe('a source', () => {
  it.each([undefined, null, 5, 'events'])('that is %j is refused where it is written', (source) => {
    expect(() => sse(source as never)).toThrow(
      expect.objectContaining({
        code: 'source_invalid',
        message: expect.stringMatching(/^sse: the source must be a function or an iterable, not /),
      }),
    )
  })

  it('that is missing after a contract is refused', () => {
    expect(() => sse(stream, undefined as never)).toThrow('the source must be a function or an iterable')
  })
})

describe('options', () => {
  it.each([
    [{ retryMs: 1.5 }, 'retry must be a whole number'],
    [{ maxEventBytes: 0 }, 'maxEventBytes must be'],
    [{ authorize: true as never }, 'authorize must be a function'],
    [{ onError: 'log' as never }, 'onError must be a function'],
  ])('%o is refused where it is written', (options, message) => {
    expect(() => sse([], options)).toThrow(message)
    expect(() => sseNode([], options)).toThrow(message)
  })

  it('heartbeatMs stands in the contract where there is one', () => {
    expect(() => sse(stream, [], { heartbeatMs: 1_000 })).toThrow(
      expect.objectContaining({
        code: 'option_invalid',
        message: 'sse: heartbeatMs stands in the contract, so that the client knows it too',
      }),
    )
  })

  it('retryMs is the first thing a client is told', async () => {
    const response = await sse([{ data: 1 }], { retryMs: 250 })(new Request('http://a/'))
    expect(await response.text()).toMatch(/^retry: 250\n\ndata: 1\n\n/)
  })

  it('maxEventBytes counts UTF-8, to the byte', async () => {
    const frame = 'data: é\n\n'
    const bytes = Buffer.byteLength(frame)
    const open = (maxEventBytes: number) =>
      sse([{ data: 'é' }], { maxEventBytes, onError: () => {} })(new Request('http://a/'))
    expect(await (await open(bytes)).text()).toContain(frame)
    expect(await (await open(bytes - 1)).text()).not.toContain('data: é')
  })
})
