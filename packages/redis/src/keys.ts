/** Names of a hub's keys. The hub's name is the hash tag, so that a cluster keeps all of them on one node. */
export class HubKeys {
  readonly hash: string
  readonly commits: string
  readonly commitTimes: string
  readonly processes: string
  readonly presencePrefix: string
  readonly probe: string

  constructor(name: string) {
    this.hash = `sse:{${name}}`
    this.commits = `${this.hash}:commits`
    this.commitTimes = `${this.hash}:commit-times`
    this.processes = `${this.hash}:processes`
    this.presencePrefix = `${this.hash}:present:`
    this.probe = `${this.hash}:probe`
  }

  /** Keys of one log: a log that was started over has other keys. */
  log(generation: string): LogKeys {
    const prefix = `${this.hash}:${generation}:`
    return {
      generation,
      log: `${prefix}log`,
      idempotency: `${prefix}idempotency`,
      indexPrefix: `${prefix}channel:`,
    }
  }
}

export interface LogKeys {
  readonly generation: string
  readonly log: string
  readonly idempotency: string
  readonly indexPrefix: string
}
