import { SseError } from '@sse/contract'
import { fetchTransport } from '../transport/fetch-transport.ts'
import type { Transport, TransportHandle } from '../transport/transport.ts'
import { shareName } from './group-name.ts'
import type { Locks } from './leader-lock.ts'
import { TabMember } from './tab-member.ts'

export interface TabsOptions {
  /**
   * Who speaks: tabs share where URL, method, body, credentials and this are the same. Default: the request's
   * headers. Give the user's name where cookies tell the server who it is (somebody else may sign in in another
   * tab), and where tokens differ from tab to tab.
   */
  key?: string
  /**
   * With `true`, a tab that comes without an id gets what comes from now on. Default `false`: the server is asked
   * what a newcomer gets, by a short connection of its own, which on a stream without ids stays.
   */
  fromNow?: boolean
  /** Silence after which a tab whose script hangs loses the lead, in milliseconds. Default 8,000. */
  hungAfterMs?: number
}

/**
 * One connection for all tabs of a browser that follow the same stream: one tab leads, the others get from it
 * what it hears, status and errors included. When it closes, crashes, freezes or hangs, the next goes on at
 * the last id.
 *
 * Where there are no Web Locks or no `BroadcastChannel` (no secure context, old browsers), and for a body that is a
 * `FormData` or a `Blob`, each tab has its own connection, over `inner`.
 *
 * @param inner - what carries the stream of the tab that leads. Default `fetchTransport`.
 * @throws {SseError} `option_invalid` for a `hungAfterMs` that is not more than 0.
 * @example
 * const feed = connect(leads, { transport: tabsTransport(fetchTransport, { key: user.id }) })
 */
export function tabsTransport(inner: Transport = fetchTransport, options: TabsOptions = {}): Transport {
  const { key, fromNow = false, hungAfterMs = 8_000 } = options
  if (!(hungAfterMs > 0)) {
    throw new SseError('option_invalid', `tabsTransport: hungAfterMs must be more than 0, not ${hungAfterMs}`)
  }
  return (request, events) => {
    const { locks } = (globalThis as { navigator?: { locks?: Locks } }).navigator ?? {}
    const canShare = locks && typeof BroadcastChannel === 'function' && globalThis.crypto?.subtle
    if (!canShare) return inner(request, events)

    const madeAt = Date.now()
    const names = new Set(request.eventNames)
    let handle: TransportHandle | undefined
    let isClosed = false
    const alone = (): void => {
      handle?.close()
      if (isClosed) return
      try {
        handle = inner({ ...request, eventNames: names }, events)
      } catch (cause) {
        events.onEnd(
          cause instanceof SseError ? cause : new SseError('network', 'The request failed', { cause }),
        )
      }
    }
    const join = async (): Promise<void> => {
      const name = await shareName(request, key)
      if (isClosed) return
      if (!name) return alone()
      handle = new TabMember({
        ...{ name, locks, inner, request, madeAt, events, names, fromNow, hungAfterMs },
        onRefused: alone,
      })
    }
    // An opaque origin, such as a sandboxed frame's, has the functions and refuses their use.
    join().catch(alone)
    return {
      listen(name) {
        names.add(name)
        handle?.listen?.(name)
      },
      close() {
        isClosed = true
        handle?.close()
      },
    }
  }
}
