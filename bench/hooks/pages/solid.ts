import { useEvent, useEvents, useLatest, useStream } from '@sse/solid'
import { insert, render } from 'solid-js/web'
import { onStart } from '../report.ts'
import { ticks } from '../ticks.ts'

onStart((report, root) => {
  render(() => {
    const feed = useStream(ticks)
    const latest = useLatest(feed, 'tick')
    const recent = useEvents(feed, 'tick', { limit: 20 })
    useEvent(feed, 'tick', report.hear)
    const p = document.createElement('p')
    // As the compiler writes `<p>{report.render(latest(), recent())}</p>`.
    insert(p, () => report.render(latest(), recent()))
    return p
  }, root)
})
