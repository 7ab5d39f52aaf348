/** Something done again and again: a connection's heartbeat, its age, its permission. */
export interface Periodic {
  tick(): void
}

interface Group {
  members: Set<Periodic>
  stop: () => void
}

const groups = new Map<number, Group>()

/** Cloudflare Workers ends a timer with the request that set it, and lets no request write to another's response. */
const isPerRequest =
  (globalThis as { navigator?: { userAgent?: string } }).navigator?.userAgent === 'Cloudflare-Workers'
const alone = new Map<Periodic, () => void>()

/**
 * Calls `member.tick()` every `intervalMs` until `stopPeriodic` with the same; `Infinity` never does.
 *
 * All members with one interval share one timer: ten thousand of them are one wake-up, not ten thousand.
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

export function stopPeriodic(member: Periodic, intervalMs: number): void {
  alone.get(member)?.()
  alone.delete(member)
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

/** A timer of ours must not keep a Node process alive; elsewhere a timer is a number. */
export function unref(timer: unknown): void {
  ;(timer as { unref?: () => void }).unref?.()
}
