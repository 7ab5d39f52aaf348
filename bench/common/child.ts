import { type ChildProcess, fork } from 'node:child_process'

/** What goes to a child and comes from it: told apart by `type`. */
interface Message {
  type: string
}

const TIMEOUT_MS = 30_000

export interface ChildOptions {
  execArgv?: string[]
  env?: Record<string, string>
  timeoutMs?: number
}

/** A child process that is told one thing and waited for. */
export class Child<Order extends Message, Reply extends Message> {
  readonly #process: ChildProcess
  readonly #name: string
  readonly #timeoutMs: number

  constructor(
    file: URL,
    args: string[] = [],
    { execArgv = [], env = {}, timeoutMs = TIMEOUT_MS }: ChildOptions = {},
  ) {
    this.#name = [file.pathname.split('/').at(-1), ...args].join(' ')
    this.#timeoutMs = timeoutMs
    this.#process = fork(file, args, {
      execArgv: [...process.execArgv, ...execArgv],
      env: { ...process.env, NODE_ENV: 'production', ...env },
    })
  }

  get pid(): number {
    return this.#process.pid as number
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
        () => settle(() => reject(new Error(`${this.#name} did not say "${type}" in ${this.#timeoutMs} ms`))),
        this.#timeoutMs,
      )
      this.#process.on('message', onMessage).on('exit', onExit)
    })
  }

  /** Calls `listener` with every answer of this type. */
  on<Type extends Reply['type']>(
    type: Type,
    listener: (answer: Extract<Reply, { type: Type }>) => void,
  ): void {
    this.#process.on('message', (answer: Reply) => {
      if (answer.type === type) listener(answer as Extract<Reply, { type: Type }>)
    })
  }

  /** Gives an order, and waits for what it is answered with. */
  ask<Type extends Reply['type']>(order: Order, type: Type): Promise<Extract<Reply, { type: Type }>> {
    const answer = this.hear(type)
    this.send(order)
    return answer
  }

  /** It ends itself when it is left alone, also when the bench is killed. */
  stop(): void {
    if (this.#process.connected) this.#process.disconnect()
  }

  /** As a crash does. */
  kill(): void {
    this.#process.kill('SIGKILL')
  }
}
