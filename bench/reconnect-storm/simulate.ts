import { connect, type ReconnectOptions, SseError } from '@sse/client'
import type { TransportEvents } from '@sse/client/transport'
import { simulateTime } from './simulated-time.ts'

export interface Storm {
  clients: number
  /** How long after the crash nobody is answered, in milliseconds. */
  downMs: number
  /** Of the random delays: the same seed gives the same storm. */
  seed: number
  reconnect?: ReconnectOptions
}

export interface StormResult {
  /** Clients that came back in each second since the server was up again. */
  returned: number[]
  /** Requests in each second since the crash. */
  requests: number[]
  /** The fullest second, as a multiple of the mean of those in which 99 % of the clients came back. */
  peakToMean: number
}

/** Kills a server that `connect` follows, and counts who comes back when: the real policy, in simulated time. */
export async function simulate({ clients, downMs, seed, reconnect = {} }: Storm): Promise<StormResult> {
  using time = simulateTime(seed)
  const upAt = time.now + downMs
  const crashedAt = time.now
  const connected: TransportEvents[] = []
  const returnedAt: number[] = []
  const requests: number[] = []
  let isCrashed = false
  const feeds = Array.from({ length: clients }, () =>
    connect('http://test/', {
      reconnect,
      onError: () => {},
      transport: (_, events) => {
        if (!isCrashed) connected.push(events)
        else {
          const second = Math.floor((time.now - crashedAt) / 1_000)
          requests[second] = (requests[second] ?? 0) + 1
          if (time.now >= upAt) returnedAt.push(time.now - upAt)
        }
        const isUp = !isCrashed || time.now >= upAt
        queueMicrotask(() => {
          if (isUp) events.onOpen()
          else events.onEnd(new SseError('network', 'The connection failed'))
        })
        return { close() {} }
      },
    }),
  )
  await time.settle()
  isCrashed = true
  for (const events of connected) events.onEnd(new SseError('dropped', 'The connection was closed'))
  while (returnedAt.length < clients) await time.step()
  for (const feed of feeds) feed.close()

  const returned: number[] = []
  for (const at of returnedAt) {
    const second = Math.floor(at / 1_000)
    returned[second] = (returned[second] ?? 0) + 1
  }
  const full = Array.from(returned, (count = 0) => count)
  const nearlyAllAt = returnedAt.toSorted((a, b) => a - b)[Math.ceil(clients * 0.99) - 1] as number
  const seconds = Math.max(1, nearlyAllAt / 1_000)
  return {
    returned: full,
    requests: Array.from(requests, (count = 0) => count),
    peakToMean: Math.max(...full) / ((clients * 0.99) / seconds),
  }
}
