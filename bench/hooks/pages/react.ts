import { useEvent, useEvents, useLatest, useStream } from '@sse/react'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { onStart } from '../report.ts'
import { ticks } from '../ticks.ts'

onStart((report, root) => {
  function Ticks() {
    const feed = useStream(ticks)
    const latest = useLatest(feed, 'tick')
    const recent = useEvents(feed, 'tick', { limit: 20 })
    useEvent(feed, 'tick', report.hear)
    return createElement('p', null, report.render(latest, recent))
  }
  createRoot(root).render(createElement(Ticks))
})
