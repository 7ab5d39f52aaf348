import { fetchEventSource } from '@microsoft/fetch-event-source'
import type { Row } from '../row.ts'

// It needs a page, also where it is told not to look at one.
const page = globalThis as { window?: unknown; document?: unknown }
page.window ??= globalThis
page.document ??= { hidden: false, addEventListener() {}, removeEventListener() {} }

export const run: Row = async (url, fetcher, { hear, over }) => {
  const controller = new AbortController()
  fetchEventSource(url, {
    fetch: fetcher,
    signal: controller.signal,
    openWhenHidden: true,
    onmessage: ({ event, data }) => {
      if (event === 'tick') hear(JSON.parse(data))
    },
  }).catch(() => {})
  await over
  controller.abort()
}
