import type { Transport, TransportRequest } from '@sse/client/transport'
import type { SseError } from '@sse/contract'
import type { Dispatched } from './parsing.ts'

export interface Collected {
  events: Dispatched[]
  lastEventId: string
  isOpened: boolean
  retries: number[]
  /** `waiting` where the transport would have come back by itself. */
  end: SseError | 'ended' | 'no_content' | 'waiting'
}

/** Event names the cases use, for the transports that must ask for each. */
export const EVENT_NAMES = ['tick', 'tock', 'open', 'error', '__proto__', 'constructor']

/** Without the events of names that nobody asked for, which an `EventSource` does not hear. */
export const heardByName = (events: Dispatched[]): Dispatched[] =>
  events.filter(([event]) => event === 'message' || EVENT_NAMES.includes(event))

/** Runs one attempt of a transport to its end and keeps what it told. */
export function collect(
  transport: Transport,
  url: string,
  request: Partial<TransportRequest> = {},
  onMessage: () => unknown = () => {},
): Promise<Collected> {
  return new Promise((resolve) => {
    const events: Dispatched[] = []
    const retries: number[] = []
    let lastEventId = request.lastEventId ?? ''
    let isOpened = false
    const finish = (end: Collected['end']) => {
      handle.close()
      resolve({ events, lastEventId, isOpened, retries, end })
    }
    const handle = transport(
      {
        url,
        method: 'GET',
        headers: {},
        body: undefined,
        credentials: undefined,
        lastEventId,
        eventNames: EVENT_NAMES,
        fetch: fetch.bind(globalThis),
        ...request,
      },
      {
        onActivity: () => {},
        onHeartbeat: () => {},
        onOpen: () => {
          isOpened = true
        },
        onId: (id) => {
          lastEventId = id
        },
        onMessage: (event, data, id = lastEventId) => {
          lastEventId = id
          events.push([event, data, lastEventId])
          onMessage()
        },
        onRetry: (retryMs) => retries.push(retryMs),
        onWaiting: () => finish('waiting'),
        onEnd: finish,
      },
    )
  })
}
