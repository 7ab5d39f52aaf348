import { type ChildProcess, fork } from 'node:child_process'
import type { Run } from './ticks.ts'

/** From the bench to a row's server. */
export type ServerOrder =
  | { type: 'prepare'; run: Run }
  | { type: 'go' } // opens the gate, and starts the CPU clock
  | { type: 'stop' } // stops it
  | { type: 'weigh' }

/** From a row's server to the bench. */
export type ServerAnswer =
  | { type: 'listening'; port: number }
  | { type: 'prepared' }
  | { type: 'started' } // every connection's generator waits at the gate
  | { type: 'stopped'; cpuMs: number }
  | { type: 'weighed'; heapBytes: number; residentBytes: number } // after a full garbage collection

/** From the bench to the reader. */
export interface ReaderOrder {
  type: 'read'
  port: number
  run: Run
  /** Whether to keep and compare every byte instead of counting marks. */
  verify: boolean
}

/** From the reader to the bench. `problem` says what was wrong with what came. */
export type ReaderAnswer = { type: 'ready' } | { type: 'read'; bytes: number; problem?: string }

interface Answer {
  type: string
}

const TIMEOUT_MS = 30_000

/** A child process that is told one thing and waited for. */
export class Child<Order extends Answer, Reply extends Answer> {
  readonly #process: ChildProcess
  readonly #name: string

  constructor(file: string, args: string[] = [], execArgv: string[] = []) {
    this.#name = [file, ...args].join(' ')
    this.#process = fork(new URL(file, import.meta.url), args, {
      execArgv,
      env: { ...process.env, NODE_ENV: 'production' },
    })
  }

  send(order: Order): void {
    this.#process.send(order)
  }

  /** The next answer of this type; ask for it before giving the order. */
  hear<Type extends Reply['type']>(type: Type): Promise<Extract<Reply, { type: Type }>> {
    return new Promise((resolve, reject) => {
      const settle = (end: () => void) => {
        clearTimeout(timer)
        this.#process.off('message', onMessage).off('exit', onExit)
        end()
      }
      const onMessage = (answer: Reply) => {
        if (answer.type === type) settle(() => resolve(answer as Extract<Reply, { type: Type }>))
      }
      const onExit = (code: number | null) =>
        settle(() => reject(new Error(`${this.#name} ended (${code}) before it said "${type}"`)))
      const timer = setTimeout(
        () => settle(() => reject(new Error(`${this.#name} did not say "${type}" in ${TIMEOUT_MS} ms`))),
        TIMEOUT_MS,
      )
      this.#process.on('message', onMessage).on('exit', onExit)
    })
  }

  /** It ends itself when it is left alone, also when the bench is killed. */
  stop(): void {
    if (this.#process.connected) this.#process.disconnect()
  }
}
