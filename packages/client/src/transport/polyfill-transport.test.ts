import { expect, it, vi } from 'vitest'
import { polyfillTransport } from './polyfill-transport.ts'
import type { TransportEvents, TransportRequest } from './transport.ts'

const listened: string[] = []
vi.mock('event-source-polyfill', () => ({
  EventSourcePolyfill: class {
    addEventListener = (name: string) => void listened.push(name)
    close() {}
  },
}))

it('polyfillTransport listens to names that are added while the polyfill loads', async () => {
  const request = {
    url: 'http://app.example/',
    method: 'GET',
    headers: {},
    lastEventId: '',
    eventNames: ['first'],
  }
  const handle = polyfillTransport(request as unknown as TransportRequest, {} as TransportEvents)
  handle.listen?.('second')
  await vi.waitFor(() => expect(listened).toContain('first'))
  handle.listen?.('third')
  expect(listened).toEqual(expect.arrayContaining(['first', 'second', 'third']))
  handle.close()
})
