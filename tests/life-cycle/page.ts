import { connect, singleFlight } from '@sse/client'
import { storedId } from '@sse/client/storage'
import { counter } from './counter.ts'

/** What a page has seen, as it reports itself: a page from the back-forward cache cannot be asked. */
export interface Shown {
  seen: number[]
  states: string[]
  wasCached: boolean
}

const keeps = location.search.includes('keep')
const feed = connect(counter, {
  reconnect: { maxJitterMs: 2_000 },
  refresh: singleFlight('token', () => fetch('/refresh', { method: 'POST' })),
  ...(keeps && { lastEventId: storedId('counter') }),
})
const shown: Shown = { seen: [], states: [], wasCached: false }
let reports = 0
const report = () => {
  reports += 1
  navigator.sendBeacon('/report', JSON.stringify({ ...shown, at: performance.timeOrigin + reports }))
}
feed.on('n', (n) => {
  shown.seen.push(n)
  report()
})
feed.onStatus((status) => {
  shown.states.push('reason' in status ? `${status.state} ${status.reason}` : status.state)
  report()
})
window.addEventListener('pageshow', ({ persisted }) => {
  shown.wasCached ||= persisted
  report()
})
