import { SseError } from '@sse/contract'
import { describe, expect, it, vi } from 'vitest'
import { TokenRefresh } from '../connection/token-refresh.ts'
import { Acknowledgements } from './acknowledgements.ts'

type Answer = (id: string) => number | Promise<number>

/** Acknowledgements to a server that answers each id with a status. */
function acknowledge(answer: Answer, refresh?: () => unknown, timeoutMs = 20_000) {
  const sent: string[] = []
  const onError = vi.fn()
  const fetchStatus = async (_url: string, init: RequestInit) => {
    const id = new Headers(init.headers).get('last-event-id') ?? ''
    sent.push(id)
    return new Response(null, { status: await answer(id) })
  }
  const request = { url: 'http://app.example/leads?ticket=secret', method: 'GET', headers: {} }
  const acknowledgements = new Acknowledgements({
    prepare: () => ({ ...request, fetch: fetchStatus as typeof fetch }) as never,
    token: refresh && new TokenRefresh(refresh),
    onError,
    timeoutMs,
  })
  return { acknowledgements, sent, onError }
}

describe('acknowledgements', () => {
  it('reject with "idle" when the server does not answer in time, and are sent again by flush()', async () => {
    let isDown = true
    const { acknowledgements, sent, onError } = acknowledge(
      () => (isDown ? new Promise<number>(() => {}) : 204),
      undefined,
      30,
    )
    await expect(acknowledgements.send('1')).rejects.toMatchObject({ code: 'idle' })
    expect(onError.mock.calls).toMatchObject([[{ code: 'idle' }]])
    isDown = false
    acknowledgements.flush()
    await vi.waitFor(() => expect(sent).toEqual(['1', '1']))
    await acknowledgements.send('2')
  })

  it('reject with "idle" when refresh does not settle in time', async () => {
    const { acknowledgements } = acknowledge(
      () => 401,
      () => new Promise(() => {}),
      30,
    )
    await expect(acknowledgements.send('1')).rejects.toMatchObject({ code: 'idle' })
    await expect(acknowledgements.send('2')).rejects.toMatchObject({ code: 'idle' })
  })

  it('send a newer id after the server refused the one in flight', async () => {
    let newer: Promise<void> | undefined
    const { acknowledgements, sent, onError } = acknowledge((id) => {
      if (id === 'new') return 204
      newer = acknowledgements.send('new')
      return 409
    })
    // Cumulative: accepting the newer id acknowledges the older one.
    await acknowledgements.send('old')
    await newer
    expect(sent).toEqual(['old', 'new'])
    expect(onError.mock.calls).toMatchObject([[{ code: 'http_status', status: 409 }]])
  })

  it('reject and report if the newest id is refused, and do not send it again', async () => {
    const { acknowledgements, sent, onError } = acknowledge(() => 409)
    await expect(acknowledgements.send('1')).rejects.toMatchObject({ status: 409 })
    acknowledgements.flush()
    expect(sent).toEqual(['1'])
    expect(onError).toHaveBeenCalledOnce()
  })

  it('keep an id that failed for lack of a connection until flush()', async () => {
    let isDown = true
    const { acknowledgements, sent } = acknowledge(() => {
      if (isDown) throw new TypeError('fetch failed')
      return 204
    })
    await expect(acknowledgements.send('1')).rejects.toMatchObject({ code: 'network' })
    expect(sent).toEqual(['1'])
    isDown = false
    acknowledgements.flush()
    await vi.waitFor(() => expect(sent).toEqual(['1', '1']))
  })

  it.each([
    ['network', new TypeError('fetch failed')],
    ['http_status', new SseError('http_status', 'Sign in again', { status: 401 })],
  ])('reject and report with %s if refresh rejects after 401', async (code, cause) => {
    const { acknowledgements, sent, onError } = acknowledge(
      () => 401,
      async () => {
        throw cause
      },
    )
    const error = await acknowledgements.send('1').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SseError)
    expect(error).toMatchObject({ code })
    expect(onError.mock.calls).toEqual([[error]])
    expect(sent).toEqual(['1'])
  })

  it('reject and report with 401 if the fresh token is refused as well', async () => {
    const { acknowledgements, sent, onError } = acknowledge(
      () => 401,
      () => {},
    )
    await expect(acknowledgements.send('1')).rejects.toMatchObject({ status: 401 })
    expect(onError).toHaveBeenCalledOnce()
    expect(sent).toEqual(['1', '1'])
  })

  it('report the URL without its query, which may contain a ticket', async () => {
    const { acknowledgements, onError } = acknowledge(() => 403)
    const message = 'The server answered 403: http://app.example/leads/ack'
    await expect(acknowledgements.send('1')).rejects.toMatchObject({ message })
    expect(onError.mock.calls).toMatchObject([[{ message }]])
  })

  it('send an id that comes in any microtask after the answer', async () => {
    for (let turns = 0; turns < 30; turns += 1) {
      let answered: Promise<void> | undefined
      const { acknowledgements, sent } = acknowledge((id) => {
        if (id === '1') {
          answered = (async () => {
            for (let turn = 0; turn < turns; turn += 1) await undefined
            await acknowledgements.send('2')
          })()
        }
        return 204
      })
      await acknowledgements.send('1')
      await answered
      expect(sent, `after ${turns} microtasks`).toEqual(['1', '2'])
    }
  })
})
