/** One connection as the heartbeat sees it. */
export interface Beating {
  beat(): void
}

interface Group {
  members: Set<Beating>
  timer: ReturnType<typeof setInterval>
}

const groups = new Map<number, Group>()

/**
 * Beats `member` every `intervalMs` until the returned function is called; `Infinity` never does.
 *
 * All connections with one interval share one timer: ten thousand of them are one wake-up, not ten thousand.
 */
export function startHeartbeat(member: Beating, intervalMs: number): () => void {
  if (intervalMs === Number.POSITIVE_INFINITY) return () => {}
  let group = groups.get(intervalMs)
  if (!group) {
    const members = new Set<Beating>()
    const timer = setInterval(() => {
      for (const each of members) each.beat()
    }, intervalMs)
    unref(timer)
    group = { members, timer }
    groups.set(intervalMs, group)
  }
  const { members, timer } = group
  members.add(member)
  return () => {
    if (!members.delete(member) || members.size > 0) return
    clearInterval(timer)
    groups.delete(intervalMs)
  }
}

/** A timer of ours must not keep a Node process alive; elsewhere a timer is a number. */
export function unref(timer: unknown): void {
  ;(timer as { unref?: () => void }).unref?.()
}
