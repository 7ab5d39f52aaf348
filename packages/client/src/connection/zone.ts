/** Part of zone.js, from which Angular learns when an app is stable: when no timer or request of its zone is pending. */
interface Zone {
  run<Result>(task: () => Result): Result
  wrap<Task>(task: Task, source: string): Task
}

const zones = () => (globalThis as { Zone?: { root?: Zone; current: Zone } }).Zone

/** Calls `task` in the root zone, so that what it starts does not keep an app from becoming stable. */
export function outsideZone<Result>(task: () => Result): Result {
  const root = zones()?.root
  return root ? root.run(task) : task()
}

/** Returns the receiver. With zone.js, its methods run in the zone of this call: an app then shows what they change. */
export function inThisZone<Receiver extends object>(receiver: Receiver): Receiver {
  const known = zones()
  if (!known?.root) return receiver
  const { current } = known
  return new Proxy(receiver, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? current.wrap(member.bind(target), '@sse/client') : member
    },
  })
}
