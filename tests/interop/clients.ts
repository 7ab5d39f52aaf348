import { fetchEventSource } from '@microsoft/fetch-event-source'
import { EventSource as EventSource5 } from 'eventsource'
import { createEventSource } from 'eventsource-client'
import EventSource2 from 'eventsource2'
import { EventSource as EventSource3 } from 'eventsource3'
import reactNative from 'react-native-sse'
import reconnecting from 'reconnecting-eventsource'
import { SSE } from 'sse.js'
import { EventSource as UndiciEventSource } from 'undici'

// Their types say where the class is for `require`; `import` gets the class itself.
const ReactNativeEventSource = reactNative as unknown as typeof reactNative.default
const ReconnectingEventSource = reconnecting as unknown as typeof reconnecting.default

/** Follows a stream as docs/guides/other-clients.md says, and returns what stops it. */
type Follow = (url: string, onNumber: (data: string) => void) => () => void

/** A client of another author, and what it does without further lines. */
interface OtherClient {
  name: string
  follow: Follow
  /** How it learns that the stream has ended: by the 204 to its next request, or by its own lines. */
  end: '204' | 'lines'
  /** What 503 does: it asks again, or its stream is closed for good. */
  on503: 'retries' | 'closes'
}

interface Source {
  addEventListener(name: 'message', listener: (event: { data: string }) => void): void
  close(): void
}

/** A class like the browsers' needs no lines. */
const like =
  (Class: new (url: string) => unknown): Follow =>
  (url, onNumber) => {
    const source = new Class(url) as Source
    source.addEventListener('message', ({ data }) => onNumber(data))
    return () => source.close()
  }

const followSseJs: Follow = (url, onNumber) => {
  const source = new SSE(url, { autoReconnect: true, reconnectDelay: 50 })
  source.addEventListener('message', ({ data }: { data: string }) => onNumber(data))
  source.addEventListener('sse.end', () => source.close())
  return () => source.close()
}

const followReconnecting: Follow = (url, onNumber) => {
  const source = new ReconnectingEventSource(url, {
    max_retry_time: 50,
    // In a browser the window's own class.
    eventSourceClass: EventSource5 as never,
  })
  // `onmessage` would not remember the id.
  source.addEventListener('message', ({ data }: MessageEvent<string>) => onNumber(data))
  source.addEventListener('sse.end' as never, () => source.close())
  return () => source.close()
}

const followReactNative: Follow = (url, onNumber) => {
  const source = new ReactNativeEventSource<'sse.end'>(url, { pollingInterval: 50 })
  source.addEventListener('message', ({ data }) => onNumber(data ?? ''))
  source.addEventListener('sse.end', () => source.close())
  source.addEventListener('error', (event) => {
    if (!('xhrStatus' in event) || event.xhrStatus === 0) setTimeout(() => source.open(), 50)
  })
  return () => source.close()
}

const followFetch: Follow = (url, onNumber) => {
  const controller = new AbortController()
  let isEnded = false
  fetchEventSource(url, {
    signal: controller.signal,
    openWhenHidden: true,
    fetch,
    async onopen(response) {
      if (response.status === 204) isEnded = true
      else if (!response.ok) throw new Error(`status ${response.status}`)
      else if (!response.headers.get('content-type')?.startsWith('text/event-stream'))
        throw new Error('no stream')
    },
    onmessage({ event, data }) {
      if (event === 'sse.end') isEnded = true
      else if (event === '' && data !== '') onNumber(data)
    },
    onclose() {
      if (!isEnded) throw new Error('the server has closed the connection')
    },
    onerror: () => 50,
  })
  return () => controller.abort()
}

const followClient: Follow = (url, onNumber) => {
  const source = createEventSource({
    url,
    onMessage({ event, data }) {
      if (event === undefined) onNumber(data)
    },
  })
  return () => source.close()
}

export const CLIENTS: readonly OtherClient[] = [
  { name: 'eventsource 5', follow: like(EventSource5), end: '204', on503: 'closes' },
  { name: 'eventsource 3', follow: like(EventSource3), end: '204', on503: 'closes' },
  { name: 'eventsource 2', follow: like(EventSource2), end: '204', on503: 'retries' },
  { name: 'undici', follow: like(UndiciEventSource), end: '204', on503: 'closes' },
  { name: 'eventsource-client', follow: followClient, end: '204', on503: 'retries' },
  { name: 'reconnecting-eventsource', follow: followReconnecting, end: 'lines', on503: 'retries' },
  { name: 'sse.js', follow: followSseJs, end: 'lines', on503: 'retries' },
  { name: 'react-native-sse', follow: followReactNative, end: 'lines', on503: 'retries' },
  { name: '@microsoft/fetch-event-source', follow: followFetch, end: 'lines', on503: 'retries' },
]
