import { type Signal, signal } from '@angular/core'
import { type Store, showStore } from '@sse/client/hooks'
import { whileAlive } from './while-alive.ts'

/** Returns a signal of the store that belongs to the current source. It is `first` on a server, and until it starts. */
export function injectStore<Source, Value>(
  source: () => Source,
  open: (source: Source) => Store<Value>,
  first: Value,
): Signal<Value> {
  const value = signal(first)
  // Angular schedules change detection for a signal that a template reads, also when it is set outside of the zone.
  whileAlive(source, (current) => showStore(open(current), (now) => value.set(now)))
  return value.asReadonly()
}
