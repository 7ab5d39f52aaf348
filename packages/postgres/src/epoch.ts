import type { Commit } from '@sse/server/engine-kit'

/** The furthest position that any reply has named, in the latest epoch. */
export class SeenLog {
  #seen: Commit = { epoch: '', position: 0 }

  get latest(): Commit {
    return this.#seen
  }

  note(epoch: string, position: number): void {
    if (epoch !== this.#seen.epoch || position > this.#seen.position) this.#seen = { epoch, position }
  }
}
