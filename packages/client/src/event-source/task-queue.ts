/** Runs tasks in order, each in its own turn of the event loop, as the platform fires events. */
export class TaskQueue {
  readonly #tasks: (() => void)[] = []
  #isRunning = false

  add(task: () => void): void {
    this.#tasks.push(task)
    if (!this.#isRunning) this.#next()
  }

  #next(): void {
    this.#isRunning = true
    inNextTurn(() => {
      const task = this.#tasks.shift()
      this.#isRunning = false
      if (this.#tasks.length > 0) this.#next()
      task?.()
    })
  }
}

/** Not a timer of 0 ms: in pages, after the first few, it takes 4 ms, which is 250 events a second. */
const inNextTurn: (task: () => void) => void =
  (globalThis as { setImmediate?: (task: () => void) => void }).setImmediate ??
  ((task) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      task()
    }
    port2.postMessage(undefined)
  })
