import { connect } from '@sse/client'
import { imports } from '../imports.ts'
import { element } from './element.ts'
import { sampleCsv } from './sample.ts'
import { showDetail, showEnd, showNothing, showProgress, showSkipped, showState, showTotal } from './view.ts'

const WAITING = 'Waiting for a worker'
const stopButton = element<HTMLButtonElement>('stop')

/** Shows an import from its start, whenever the page was opened. */
function follow(run: string): void {
  element('choose').hidden = true
  element('job').hidden = false
  const feed = connect(imports, {
    baseUrl: location.origin,
    params: { run },
    // 404 until a worker has started the import.
    reconnect: { retryOn: [404], jitterMs: 500, maxJitterMs: 2_000 },
    onError: () => {}, // the status has it
  })
  feed.on('started', ({ worker, attempt, total }) => {
    showTotal(total)
    const again = attempt > 1 ? `, attempt ${attempt}` : ''
    showState('running', `running in worker ${worker}${again}`)
    stopButton.disabled = false
  })
  feed.on('progress', ({ done }) => showProgress(done))
  feed.on('skipped', ({ line, reason }) => showSkipped(line, reason))
  feed.on('imported', ({ customers }) => showDetail(`${customers} customers imported`))
  // Another worker has taken over: its events follow from the start.
  feed.on('gap', showNothing)
  feed.onStatus((status) => {
    if (status.end) {
      stopButton.hidden = true
      showEnd(status.end.status, status.end.message)
    } else if (status.state === 'waiting') {
      showDetail(status.error.status === 404 ? WAITING : 'The server does not answer; trying again')
    } else if (status.state === 'closed' && status.reason === 'error') {
      showState('failed', status.error.message)
    }
  })
  stopButton.onclick = async () => {
    stopButton.disabled = true
    await feed.stop().catch((error) => {
      stopButton.disabled = false
      showDetail(`Not stopped: ${error.message}`)
    })
  }
}

async function submit(csv: string): Promise<void> {
  const headers = { 'content-type': 'text/csv' }
  const response = await fetch('/jobs', { method: 'POST', headers, body: csv })
  if (!response.ok) return showState('failed', `not accepted (${response.status})`)
  const { id } = await response.json()
  history.pushState(null, '', `?job=${id}`)
  showState('waiting', WAITING.toLowerCase())
  follow(id)
}

element('sample').onclick = () => submit(sampleCsv())
element('file').onchange = async ({ target }) => {
  const file = (target as HTMLInputElement).files?.[0]
  if (file) await submit(await file.text())
}
window.onpopstate = () => location.reload()

stopButton.disabled = true
const job = new URLSearchParams(location.search).get('job')
if (job) {
  showState('waiting', WAITING.toLowerCase())
  follow(job)
}
