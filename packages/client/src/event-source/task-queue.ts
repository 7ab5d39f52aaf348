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

interface Platform {
  setImmediate?: (task: () => void) => unknown
  MessageChannel?: typeof MessageChannel
}
const { setImmediate: schedule, MessageChannel: Channel } = globalThis as Platform

/**
 * Not a timer of 0 ms if possible: in pages, after the first few, it takes 4 ms, which is 250 events a second. Old
 * Cloudflare Workers have nothing else.
 */
function inNextTurn(task: () => void): void {
  if (schedule) return void schedule(task)
  if (!Channel) return void setTimeout(task)
  const { port1, port2 } = new Channel()
  port1.onmessage = () => {
    port1.close()
    task()
  }
  port2.postMessage(undefined)
}
