/** A recurring task: a connection's heartbeat, its maximum age, its authorization. */
export interface Periodic {
  tick(): void
}

interface Group {
  members: Set<Periodic>
  stop: () => void
}

const groups = new Map<number, Group>()

/** Cloudflare Workers ends a timer with the request that set it, and no request may write to another's response. */
const isPerRequest =
  (globalThis as { navigator?: { userAgent?: string } }).navigator?.userAgent === 'Cloudflare-Workers'
const alone = new Map<Periodic, () => void>()

/**
 * Calls `member.tick()` every `intervalMs` milliseconds until `stopPeriodic` with the same arguments. `Infinity`: never.
 *
 * All members with the same interval share one timer: ten thousand of them cost one wake-up, not ten thousand.
 */
export function startPeriodic(member: Periodic, intervalMs: number): void {
  if (intervalMs === Number.POSITIVE_INFINITY) return
  if (isPerRequest)
    alone.set(
      member,
      every(intervalMs, () => member.tick()),
    )
  else {
    const group = groups.get(intervalMs) ?? createGroup(intervalMs)
    group.members.add(member)
  }
}

/** Idempotent. */
export function stopPeriodic(member: Periodic, intervalMs: number): void {
  if (isPerRequest) {
    alone.get(member)?.()
    alone.delete(member)
  }
  const group = groups.get(intervalMs)
  if (!group?.members.delete(member) || group.members.size > 0) return
  group.stop()
  groups.delete(intervalMs)
}

function createGroup(intervalMs: number): Group {
  const members = new Set<Periodic>()
  const stop = every(intervalMs, () => {
    for (const member of members) member.tick()
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

/** Lets a Node process exit while a timer is pending. Elsewhere a timer is a number, and nothing happens. */
export function unref(timer: unknown): void {
  ;(timer as { unref?: () => void }).unref?.()
}
