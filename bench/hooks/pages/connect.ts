// Without a framework and without rendering: what the client itself takes.
import { connect } from '@sse/client'
import { onStart } from '../report.ts'
import { ticks } from '../ticks.ts'

onStart((report, root) => {
  connect(ticks).on('tick', (tick) => {
    report.hear(tick)
    if (tick.n % 10_000 === 0) root.textContent = `${tick.n}`
  })
})
