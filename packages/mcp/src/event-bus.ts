import { type ChangeEvent, type McpHub, notOurs } from './messages.ts'

/** `ServerEventBus` of the MCP SDK, version 2. */
export interface EventBus {
  /** Announces a change to every process. A failure is reported to `onError`. */
  publish(event: ChangeEvent): void
  /** Calls `listener` for each change. Returns a function that removes it, idempotent. */
  subscribe(listener: (event: ChangeEvent) => void): () => void
}

export interface EventBusOptions {
  /** Channel of the changes, 1 to 256 characters. Default `mcp-changes`. */
  channel?: string
  /** Receives errors of the engine and of listeners, and one for each entry of another program. Default `console.error`. */
  onError?: (error: unknown) => void
}

/** Pause before the log is followed again after the engine failed, in milliseconds. */
const RETRY_MS = 1_000
const LISTS = ['tools_list_changed', 'prompts_list_changed', 'resources_list_changed'] as const

/**
 * Makes the event bus of `createMcpHandler`: `subscriptions/listen` streams of every process get the changes that any
 * process announces. After a failure of the engine they continue where they were. If the log no longer reaches back to
 * there, changes of all lists are announced; updates of single resources are not announced again.
 *
 * The log is followed while there is a listener.
 *
 * @example
 * createMcpHandler(createServer, { bus: createEventBus(hub) })
 */
export function createEventBus(hub: McpHub, options: EventBusOptions = {}): EventBus {
  const { channel = 'mcp-changes', onError = console.error } = options
  const listeners = new Set<(event: ChangeEvent) => void>()
  /** The loop that follows the log; none without a listener. */
  let following: { readonly current: symbol; readonly stop: () => void } | undefined
  /** Id of the last change that was delivered: a loop that failed continues there. */
  let position: string | undefined
  let isRetry = false
  /** Settles once the first change to deliver is certain: what is published meanwhile waits for it. */
  let starting: Promise<unknown> = Promise.resolve()
  hub.subscribe(channel) // checks it, and opens nothing

  const deliver = (event: ChangeEvent): void => {
    for (const listener of [...listeners]) {
      try {
        listener(event)
      } catch (error) {
        onError(error)
      }
    }
  }
  async function follow(): Promise<void> {
    const current = Symbol()
    following = { current, stop: () => {} }
    const isCurrent = () => following?.current === current
    const isFirst = position === undefined
    try {
      if (position === undefined) {
        const state = hub.getState(() => undefined)
        starting = state.catch(() => {})
        position = (await state).lastEventId
      }
      if (!isCurrent()) return
      if (isFirst && isRetry) for (const kind of LISTS) deliver({ kind })
      const events = hub.subscribe(channel, { after: position })[Symbol.asyncIterator]()
      following = { current, stop: () => void events.return?.() }
      for (;;) {
        const { done, value } = await events.next()
        if (!isCurrent()) return
        if (done) {
          following = undefined // the hub is closed
          return
        }
        position = value.id
        if (value.event === 'gap') for (const kind of LISTS) deliver({ kind })
        else if (value.event !== 'change' || !isChange(value.payload)) onError(notOurs(value.id))
        else deliver(value.payload)
      }
    } catch (error) {
      if (!isCurrent()) return
      onError(error)
      isRetry = true
      const timer: unknown = setTimeout(() => isCurrent() && follow(), RETRY_MS)
      // A number in a browser.
      if (typeof timer === 'object') (timer as { unref?: () => void }).unref?.()
    }
  }

  return {
    publish(event) {
      starting.then(() => hub.publish(channel, 'change', event)).catch(onError)
    },
    subscribe(listener) {
      // A new function for each call: the same listener may be registered twice.
      const registered = (event: ChangeEvent) => listener(event)
      listeners.add(registered)
      if (!following) void follow()
      return () => {
        if (!listeners.delete(registered) || listeners.size > 0) return
        following?.stop()
        following = undefined
        position = undefined
        isRetry = false
      }
    },
  }
}

/** Another program may have written the entry. */
function isChange(payload: unknown): payload is ChangeEvent {
  if (typeof payload !== 'object' || payload === null) return false
  const { kind, uri } = payload as { kind?: unknown; uri?: unknown }
  return kind === 'resource_updated' ? typeof uri === 'string' : LISTS.some((list) => list === kind)
}
