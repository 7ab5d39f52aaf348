import { useEvent, useEvents, useLatest, useStream } from '@sse/vue'
import { createApp, h } from 'vue'
import { onStart } from '../report.ts'
import { ticks } from '../ticks.ts'

onStart((report, root) => {
  const app = createApp({
    setup() {
      const feed = useStream(ticks)
      const latest = useLatest(feed, 'tick')
      const recent = useEvents(feed, 'tick', { limit: 20 })
      useEvent(feed, 'tick', report.hear)
      return () => h('p', report.render(latest.value, recent.value))
    },
  })
  app.mount(root)
})
