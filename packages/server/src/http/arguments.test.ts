import { defineStream, type } from '@sse/contract'
import { describe, expect, it } from 'vitest'
import { stream } from '../fixtures/adapter-servers.ts'
import { createHub, sse } from '../index.ts'
import { sse as sseNode } from '../node/node.ts'

describe('a source', () => {
  it.each([undefined, null, 5, 'events'])('that is %j is rejected at definition time', (source) => {
    expect(() => sse(source as never)).toThrow(
      expect.objectContaining({
        code: 'source_invalid',
        message: expect.stringMatching(/^sse: the source must be a function or an iterable, not /),
      }),
    )
  })

  it('that is missing after a contract is rejected', () => {
    expect(() => sse(stream, undefined as never)).toThrow('the source must be a function or an iterable')
  })
})

describe('a hub', () => {
  const hub = createHub(
    defineStream({ path: '/a', events: { count: type<number>() }, channels: ['everyone'] }),
  )

  it.each([['evryone'], [[]], [Array.from({ length: 129 }, () => 'everyone')]])(
    'whose static channels are invalid is rejected at definition time: %j',
    (channels) => {
      expect(() => sse(hub, { authorize: () => true, channels: channels as 'everyone' })).toThrow(
        expect.objectContaining({ code: 'channel_invalid' }),
      )
    },
  )

  it('that stands where a source belongs is rejected at definition time', () => {
    for (const first of [stream, { authorize: () => true, channels: 'everyone' }]) {
      expect(() => sse(first as never, hub as never)).toThrow(
        expect.objectContaining({
          code: 'source_invalid',
          message: expect.stringContaining('sse(hub, options)'),
        }),
      )
    }
  })
})

describe('options', () => {
  it.each([
    [{ retryMs: 1.5 }, 'retry must be a whole number'],
    [{ maxEventBytes: 0 }, 'maxEventBytes must be'],
    [{ authorize: true as never }, 'authorize must be a function'],
    [{ onError: 'log' as never }, 'onError must be a function'],
  ])('%o is rejected at definition time', (options, message) => {
    expect(() => sse(options, [])).toThrow(message)
    expect(() => sseNode(options, [])).toThrow(message)
  })

  it('heartbeatMs is rejected for a stream with a contract', () => {
    expect(() => sse(stream, { heartbeatMs: 1_000 }, [])).toThrow(
      expect.objectContaining({
        code: 'option_invalid',
        message: 'sse: heartbeatMs belongs in the contract, so that the client knows it too',
      }),
    )
  })

  it('retryMs is the first frame of a stream', async () => {
    const response = await sse({ retryMs: 250 }, [{ data: 1 }])(new Request('http://a/'))
    expect(await response.text()).toMatch(/^retry: 250\ndata: 1\n\n/)
  })

  it('maxEventBytes counts bytes of UTF-8', async () => {
    const frame = 'data: é\n\n'
    const bytes = Buffer.byteLength(frame)
    const open = (maxEventBytes: number) =>
      sse({ maxEventBytes, onError: () => {} }, [{ data: 'é' }])(new Request('http://a/'))
    expect(await (await open(bytes)).text()).toContain(frame)
    expect(await (await open(bytes - 1)).text()).not.toContain('data: é')
  })
})
