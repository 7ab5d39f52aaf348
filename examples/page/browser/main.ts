// The panel at the bottom of the page; empty in production.
import '@sse/devtools/mount'
import { connect } from '@sse/client'
import { stream } from '../stream.ts'
import { drawChart } from './chart.ts'
import { element } from './element.ts'
import { showNumber } from './numbers.ts'
import { showStatus } from './status.ts'

// Any server that runs one of the examples, on this origin or, with CORS, on another one.
const baseUrl = new URLSearchParams(location.search).get('server') ?? location.origin

function start() {
  const feed = connect(stream, { baseUrl, reconnect: { maxJitterMs: 5_000 } })
  feed.on('number', showNumber)
  feed.onStatus(showStatus)
  showStatus(feed.status)
  return feed
}

let feed = start()

element('toggle').addEventListener('click', () => {
  if (feed.status.state === 'closed') feed = start()
  else feed.close()
})
element('retry').addEventListener('click', () => {
  feed.close()
  feed = start()
})
// The chart is a window of time: it moves on while nothing arrives.
setInterval(drawChart, 1_000)
new ResizeObserver(drawChart).observe(element('chart'))

element('url').textContent = `${baseUrl}${stream.path}`
showOtherOrigin()

/** The same machine under its other name is another origin to the browser. */
function showOtherOrigin(): void {
  const link = element<HTMLAnchorElement>('other-origin')
  const other = { localhost: '127.0.0.1', '127.0.0.1': 'localhost' }[location.hostname]
  if (baseUrl !== location.origin) {
    link.href = '/'
    link.textContent = `This page is from ${location.origin}, another origin: CORS lets it read. Back to the same one`
  } else if (other) {
    link.href = `//${other}:${location.port}/?server=${encodeURIComponent(location.origin)}`
  } else {
    link.hidden = true
  }
}
