import { RELEASE_DELAY_MS } from '@sse/client/hooks'
import { inject, vi } from 'vitest'

const baseUrl = inject('roomOrigin')
let lastRoom = 0

/** A room that no other test, nor the same test in another browser, has. */
export function newRoom() {
  lastRoom += 1
  const name = `${lastRoom}-${crypto.randomUUID()}`
  const options = { baseUrl, params: { name }, reconnect: { jitterMs: 1 } }
  const connections = async (): Promise<[opened: number, open: number]> =>
    (await fetch(`${baseUrl}/connections/${name}`)).json()
  return {
    options,
    connections,
    /** Publishes the numbers from the first to the last. */
    publish: (from: number, to = from) =>
      fetch(`${baseUrl}/publish/${name}/${from}/${to}`, { method: 'POST' }),
    /** Until the server has so many connections. */
    hasOpen: (wanted: number) =>
      vi.waitUntil(async () => (await connections())[1] === wanted, {
        timeout: RELEASE_DELAY_MS + 10_000,
        interval: 20,
      }),
  }
}
