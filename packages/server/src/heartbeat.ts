/** One connection as the heartbeat sees it. */
export interface Beating {
  beat(): void
}

interface Group {
  members: Set<Beating>
  stop: () => void
}

const groups = new Map<number, Group>()

/** Cloudflare Workers ends a timer with the request that set it, and lets no request write to another's response. */
const isPerRequest =
  (globalThis as { navigator?: { userAgent?: string } }).navigator?.userAgent === 'Cloudflare-Workers'

/**
 * Beats `member` every `intervalMs` until the returned function is called; `Infinity` never does.
 *
 * All connections with one interval share one timer: ten thousand of them are one wake-up, not ten thousand.
 */
export function startHeartbeat(member: Beating, intervalMs: number): () => void {
  if (intervalMs === Number.POSITIVE_INFINITY) return () => {}
  if (isPerRequest) return every(intervalMs, () => member.beat())
  const group = groups.get(intervalMs) ?? createGroup(intervalMs)
  group.members.add(member)
  return () => {
    if (!group.members.delete(member) || group.members.size > 0) return
    group.stop()
    groups.delete(intervalMs)
  }
}

function createGroup(intervalMs: number): Group {
  const members = new Set<Beating>()
  const stop = every(intervalMs, () => {
    for (const member of members) member.beat()
  })
  const group = { members, stop }
  groups.set(intervalMs, group)
  return group
}

function every(intervalMs: number, task: () => void): () => void {
  const timer = setInterval(task, intervalMs)
  unref(timer)
  return () => clearInterval(timer)
}

/** A timer of ours must not keep a Node process alive; elsewhere a timer is a number. */
export function unref(timer: unknown): void {
  ;(timer as { unref?: () => void }).unref?.()
}
