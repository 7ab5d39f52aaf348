import { readFileSync } from 'node:fs'
import { Field, type FieldOptions } from '../fanout/field.ts'
import type { Burst } from '../fanout/messages.ts'
import type { RowName } from '../fanout/rows.ts'

/** Files of a process besides its connections. */
const OTHER_FILES = 200
/** Where the limit of open files is not known. */
const USUAL_FILES = 20_000

/** As many connections to a row as are wanted, over as many server processes as the limit of open files needs. */
export class FieldGroup {
  readonly #fields: Field[]

  private constructor(fields: Field[]) {
    this.#fields = fields
  }

  static async start(row: RowName, connections: number, options: FieldOptions): Promise<FieldGroup> {
    const processes = Math.ceil(connections / (maxOpenFiles() - OTHER_FILES))
    const fields = Array.from({ length: processes }, () => new Field(row, options))
    await Promise.all(fields.map((field) => field.start()))
    return new FieldGroup(fields)
  }

  get processes(): number {
    return this.#fields.length
  }

  /** Opens connections until there are so many, and returns the CPU time of the servers in milliseconds. */
  async open(connections: number): Promise<number> {
    let cpuMs = 0
    for (const field of this.#fields) {
      const before = await field.cpuMs()
      await field.open(Math.ceil(connections / this.processes))
      cpuMs += (await field.cpuMs()) - before
    }
    return cpuMs
  }

  /** Publishes the same to every process, one after the other. */
  async run(burst: Burst, bursts: number): Promise<{ cpuMs: number; delivered: number; bytes: number }> {
    const total = { cpuMs: 0, delivered: 0, bytes: 0 }
    for (const field of this.#fields) {
      const { cpuMs, delivered, bytes } = await field.run(burst, bursts)
      total.cpuMs += cpuMs
      total.delivered += delivered
      total.bytes += bytes
    }
    return total
  }

  async pssBytes(): Promise<number> {
    let bytes = 0
    for (const field of this.#fields) bytes += await field.pssBytes()
    return bytes
  }

  async idle(ms: number): Promise<{ cpuMs: number; reads: number }> {
    const all = await Promise.all(this.#fields.map((field) => field.idle(ms)))
    return {
      cpuMs: all.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
      reads: all.reduce((sum, { reads }) => sum + reads, 0),
    }
  }

  stop(): void {
    for (const field of this.#fields) field.stop()
  }
}

/** The limit of this process, which its children inherit. Node raises the soft limit to the hard one. */
export function maxOpenFiles(): number {
  try {
    const [, hard] = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return Number(hard ?? USUAL_FILES)
  } catch {
    return USUAL_FILES
  }
}
