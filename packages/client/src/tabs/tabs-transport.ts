import { SseError } from '@sse/contract'
import { toSseError } from '../connection/reconnect-loop.ts'
import { fetchTransport } from '../transport/fetch-transport.ts'
import type { Transport, TransportHandle } from '../transport/transport.ts'
import { groupName } from './group-name.ts'
import type { Locks } from './leader-lock.ts'
import { TabMember } from './tab-member.ts'

export interface TabsOptions {
  /**
   * Identifies the user: tabs share a connection if URL, method, body, credentials and this are the same. Default: the
   * request's headers. Set it to the user's id where cookies tell the server who the user is (another user may sign in
   * in another tab), and where tokens differ between tabs.
   */
  key?: string
  /**
   * With `true`, a tab without a last event id starts with what arrives from now on. Default `false`: the server is
   * asked what a newcomer gets, over a short connection of the tab's own, which stays open on a stream without ids.
   */
  fromNow?: boolean
  /** Silence after which a leader whose script hangs is replaced, in milliseconds. Default 8,000. */
  hungAfterMs?: number
}

/**
 * Returns a transport that uses one connection for all tabs of a browser that follow the same stream. One tab leads and
 * relays events, status and errors to the others. When it closes, crashes, freezes or hangs, another tab takes over at
 * the last id.
 *
 * Without Web Locks or `BroadcastChannel` (insecure context, old browser), and for a body that is a `FormData` or a
 * `Blob`, each tab has its own connection over `inner`.
 *
 * @param inner - carries the leader's stream. Default `fetchTransport`.
 * @throws {SseError} `option_invalid` for a `hungAfterMs` that is not greater than 0.
 * @example
 * const feed = connect(leads, { transport: tabsTransport(fetchTransport, { key: user.id }) })
 */
export function tabsTransport(inner: Transport = fetchTransport, options: TabsOptions = {}): Transport {
  const { key, fromNow: isFromNow = false, hungAfterMs = 8_000 } = options
  if (!(hungAfterMs > 0)) {
    throw new SseError(
      'option_invalid',
      `tabsTransport: hungAfterMs must be greater than 0, not ${hungAfterMs}`,
    )
  }
  return (request, events) => {
    const { locks } = (globalThis as { navigator?: { locks?: Locks } }).navigator ?? {}
    const canShare = locks && typeof BroadcastChannel === 'function' && globalThis.crypto?.subtle
    if (!canShare) return inner(request, events)

    const madeAt = Date.now()
    const names = new Set(request.eventNames)
    let handle: TransportHandle | undefined
    let isClosed = false
    const connectAlone = (): void => {
      handle?.close()
      if (isClosed) return
      try {
        handle = inner({ ...request, eventNames: names }, events)
      } catch (cause) {
        events.onEnd(toSseError(cause, 'The request failed'))
      }
    }
    const join = async (): Promise<void> => {
      const name = await groupName(request, key)
      if (isClosed) return
      if (!name) return connectAlone()
      const settings = { name, locks, inner, request, madeAt, events, names, isFromNow, hungAfterMs }
      handle = new TabMember({ ...settings, onRefused: connectAlone })
    }
    // An opaque origin, such as a sandboxed frame's, has these functions and refuses their use.
    join().catch(connectAlone)
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
