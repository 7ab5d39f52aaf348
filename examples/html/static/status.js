// Shows whether the page is connected. Each client reports it in its way.
const LABELS = { connecting: 'Connecting', open: 'Live', waiting: 'Reconnecting', closed: 'Ended' }

function show(state) {
  const status = document.querySelector('#status')
  if (!status || status.dataset.state === state) return
  status.dataset.state = state
  status.textContent = LABELS[state]
}

const STATES = {
  // htmx 2
  'htmx:sseOpen': 'open',
  'htmx:sseError': 'waiting',
  'htmx:sseClose': 'closed',
  // htmx 4
  'htmx:sse:after:connection': 'open',
  'htmx:sse:before:connection': 'waiting',
  'htmx:sse:error': 'waiting',
  'htmx:sse:close': 'closed',
}
for (const [name, state] of Object.entries(STATES)) document.addEventListener(name, () => show(state))

// Datastar
const DATASTAR = { started: 'open', retrying: 'waiting', error: 'waiting', finished: 'closed' }
document.addEventListener(
  'datastar-sse',
  ({ detail }) => DATASTAR[detail.type] && show(DATASTAR[detail.type]),
)

// Turbo
document.addEventListener('DOMContentLoaded', () => {
  const source = document.querySelector('turbo-stream-source')?.streamSource
  if (!source) return
  if (source.readyState === EventSource.OPEN) show('open')
  source.addEventListener('open', () => show('open'))
  source.addEventListener('error', () =>
    show(source.readyState === EventSource.CLOSED ? 'closed' : 'waiting'),
  )
})
