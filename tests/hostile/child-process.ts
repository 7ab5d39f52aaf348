import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Answer, Call } from './answer-calls.ts'
import { type Deferred, makeDeferred } from './deferred.ts'
import { scaled } from './scale.ts'

/** A process whose methods can be called: see `answerCalls`. */
export interface Child extends AsyncDisposable {
  readonly isAlive: boolean
  /** Its unhandled rejections and uncaught exceptions, and its exit unless `stop` caused it. */
  readonly failures: string[]
  /** What it has written to both outputs. */
  readonly output: string
  /** Rejects with what the method throws, when the process exits, and after `timeoutMs`. */
  call<Value = void>(name: string, ...args: unknown[]): Promise<Value>
  stop(): Promise<void>
}

const CALL_TIMEOUT_MS = scaled(20_000, 20_000)
const MAX_OUTPUT_CHARS = 20_000

/**
 * Starts `program`, a file beside this one, with parameters in its first argument.
 *
 * @param timeoutMs - time limit of each call: a blocked process does not answer.
 */
export async function startChild(
  program: string,
  parameters: unknown = {},
  timeoutMs = CALL_TIMEOUT_MS,
): Promise<Child> {
  const file = fileURLToPath(new URL(program, import.meta.url))
  const child = fork(file, [JSON.stringify(parameters)], {
    execArgv: ['--expose-gc', '--conditions=@sse/source'],
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const failures: string[] = []
  const pending = new Map<number, Deferred<unknown>>()
  let calls = 0
  let output = ''
  let isAlive = true
  let isStopping = false
  const ready = makeDeferred<void>()
  const exited = makeDeferred<void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-MAX_OUTPUT_CHARS)
    })
  }
  child.on('message', (answer: Answer) => {
    if (answer.type === 'ready') return ready.resolve()
    if (answer.type === 'failure') return failures.push(answer.message)
    const waiting = pending.get(answer.call)
    pending.delete(answer.call)
    if (answer.type === 'result') waiting?.resolve(answer.value)
    else waiting?.reject(new Error(answer.message))
  })
  child.on('error', (error) => failures.push(String(error)))
  child.once('exit', (code, signal) => {
    isAlive = false
    const message = `${program} exited with ${signal ?? code}; it wrote:\n${output}`
    if (!isStopping) failures.push(message)
    ready.reject(new Error(message))
    for (const { reject } of pending.values()) reject(new Error(message))
    exited.resolve()
  })
  const stop = async () => {
    isStopping = true
    child.kill('SIGKILL')
    await exited.promise
  }
  await ready.promise
  return {
    get isAlive() {
      return isAlive
    },
    failures,
    get output() {
      return output
    },
    call<Value>(name: string, ...args: unknown[]) {
      const answer = makeDeferred<unknown>()
      calls += 1
      const call: Call = { call: calls, name, args }
      pending.set(call.call, answer)
      const timer = setTimeout(() => {
        answer.reject(new Error(`${program} has not answered ${name} within ${timeoutMs} ms`))
      }, timeoutMs)
      child.send(call, (error) => error && answer.reject(error))
      return answer.promise.finally(() => clearTimeout(timer)) as Promise<Value>
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
