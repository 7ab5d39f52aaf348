import { RELEASE_DELAY_MS } from '@sse/client/hooks'
import { inject, vi } from 'vitest'

const baseUrl = inject('roomOrigin')
let lastRoom = 0

/** Returns a room that no other test uses, nor the same test in another browser. */
export function newRoom() {
  lastRoom += 1
  const name = `${lastRoom}-${crypto.randomUUID()}`
  const options = { baseUrl, params: { name }, reconnect: { jitterMs: 1 } }
  /** Of requests with this query. */
  const connections = async (query = ''): Promise<[opened: number, open: number]> =>
    (await fetch(`${baseUrl}/connections/${name}${query}`)).json()
  /** Publishes the numbers from the first to the last. */
  const publish = (from: number, to = from) =>
    fetch(`${baseUrl}/publish/${name}/${from}/${to}`, { method: 'POST' })
  return {
    options,
    connections,
    publish,
    /** Publishes the numbers from 1 to 5,000 in 100 pieces, one after the other. */
    async publishPieces(): Promise<void> {
      for (let from = 1; from < 5_000; from += 50) await publish(from, from + 49)
    },
    /** Waits until the server has `wanted` connections. */
    hasOpen: (wanted: number, query = '') =>
      vi.waitUntil(async () => (await connections(query))[1] === wanted, {
        timeout: RELEASE_DELAY_MS + 10_000,
        interval: 20,
      }),
  }
}
