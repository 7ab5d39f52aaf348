import { createRequire } from 'node:module'
import { fetchEventSource } from '@microsoft/fetch-event-source'
import { EventSource as EventSource5 } from 'eventsource'
import { createEventSource } from 'eventsource-client'
import { EventSource as EventSource3 } from 'eventsource3'
import { SSE } from 'sse.js'
import { EventSource as UndiciEventSource } from 'undici'

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
  addEventListener(name: string, listener: (event: { data: string; xhrStatus?: number }) => void): void
  close(): void
}

type SourceClass<Class extends Source = Source> = new (url: string, options?: object) => Class

// CommonJS, whose types and values do not agree on what the default import is.
const require = createRequire(import.meta.url)
const EventSource2: SourceClass = require('eventsource2')
const ReconnectingEventSource: SourceClass = require('reconnecting-eventsource').default
const ReactNativeEventSource: SourceClass<Source & { open(): void }> = require('react-native-sse').default

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
    eventSourceClass: EventSource5,
  })
  // `onmessage` would not remember the id.
  source.addEventListener('message', ({ data }) => onNumber(data))
  source.addEventListener('sse.end', () => source.close())
  return () => source.close()
}

const followReactNative: Follow = (url, onNumber) => {
  const source = new ReactNativeEventSource(url, { pollingInterval: 50 })
  source.addEventListener('message', ({ data }) => onNumber(data))
  source.addEventListener('sse.end', () => source.close())
  source.addEventListener('error', ({ xhrStatus }) => {
    if (!xhrStatus) setTimeout(() => source.open(), 50)
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
