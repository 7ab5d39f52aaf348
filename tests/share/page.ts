import { connect, fetchTransport } from '@sse/client'
import { tabsTransport } from '@sse/client/tabs'
import { numbers } from './numbers.ts'

/** What the tests ask a page for. */
export interface TabReport {
  seen: number[]
  ids: Record<number, string>
  states: string[]
  error: { code: string; status: number | undefined } | undefined
  role: string | undefined
  wasCached: boolean
  isSecureContext: boolean
}

const query = new URLSearchParams(location.search)
const tab: TabReport = {
  seen: [],
  ids: {},
  states: [],
  error: undefined,
  role: undefined,
  wasCached: false,
  isSecureContext,
}
Object.assign(window, { tab })

const feed = connect(numbers, {
  params: { name: query.get('name') ?? '' },
  lastEventId: query.get('after') ?? '',
  reconnect: { jitterMs: 10, maxJitterMs: 100 },
  transport: tabsTransport(fetchTransport, { hungAfterMs: 800 }),
  onError: () => {},
})
Object.assign(feed, {
  probe: { message: () => {}, invalid: () => {}, note: ({ role }: { role: string }) => (tab.role = role) },
})
feed.on('n', (n, { id }) => {
  tab.seen.push(n)
  tab.ids[n] = id
})
feed.onStatus((status) => {
  tab.states.push(status.state)
  if (status.state === 'closed' && status.reason === 'error') {
    tab.error = { code: status.error.code, status: status.error.status }
  }
})
window.addEventListener('pageshow', ({ persisted }) => {
  tab.wasCached ||= persisted
})
