import { setTimeout } from 'node:timers/promises'
import type { Fleet } from './fleet.ts'

/** What is done to a fleet from outside, and for how long. `server` is counted round. */
export type Fault =
  | { kind: 'kill server'; server: number; ms: number }
  | { kind: 'pause server'; server: number; ms: number }
  | { kind: 'cut readers'; server: number }
  | { kind: 'cut engine'; server: number }
  | { kind: 'kill engine'; ms: number }
  | { kind: 'pause engine'; ms: number }

/** Which faults there can be: an engine that is a file has no process, and no connections. */
export function faultKinds(isServer: boolean): Fault['kind'][] {
  const ofServers = ['kill server', 'pause server', 'cut readers'] as const
  return isServer ? [...ofServers, 'cut engine', 'kill engine', 'pause engine'] : [...ofServers]
}

/** Does it; resolves when what was harmed runs again. */
export async function inject(fleet: Fleet, fault: Fault): Promise<void> {
  const { server: engine } = fleet.engine
  switch (fault.kind) {
    case 'kill server': {
      const server = fleet.server(fault.server)
      await server.kill()
      await setTimeout(fault.ms)
      return server.start()
    }
    case 'pause server': {
      const server = fleet.server(fault.server)
      server.signal('SIGSTOP')
      await setTimeout(fault.ms)
      return server.signal('SIGCONT')
    }
    case 'cut readers':
      return void fleet.server(fault.server).readers.cut()
    case 'cut engine':
      return void fleet.server(fault.server).engine?.cut()
    case 'kill engine':
      await engine?.kill()
      await setTimeout(fault.ms)
      return engine?.start()
    case 'pause engine':
      engine?.signal('SIGSTOP')
      await setTimeout(fault.ms)
      return engine?.signal('SIGCONT')
  }
}

/** Faults to one thing wait for each other: what is down already is not killed again. */
export class FaultQueues {
  /** How many of each kind there were. */
  readonly counts: Partial<Record<Fault['kind'], number>> = {}
  readonly #fleet: Fleet
  readonly #last = new Map<string, Promise<void>>()

  constructor(fleet: Fleet) {
    this.#fleet = fleet
  }

  add(fault: Fault): Promise<void> {
    this.counts[fault.kind] = (this.counts[fault.kind] ?? 0) + 1
    const target = 'server' in fault ? this.#fleet.server(fault.server).name : 'engine'
    const done = (this.#last.get(target) ?? Promise.resolve()).then(() => inject(this.#fleet, fault))
    this.#last.set(target, done)
    return done
  }

  async settled(): Promise<void> {
    await Promise.all(this.#last.values())
  }
}
