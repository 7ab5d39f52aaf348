import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const runtimeClient = join(
  createRequire(import.meta.url).resolve('aws-lambda-ric/package.json'),
  '../index.mjs',
)
const preload = fileURLToPath(new URL('no-native-client.mjs', import.meta.url))

export interface EnvironmentOptions {
  /** Folder with the function. */
  readonly root: string
  /** `file.export`. */
  readonly handler: string
  readonly timeoutMs: number
}

/**
 * One copy of a function: a process that runs one invocation at a time, in AWS's own runtime client, and is frozen in
 * between. This is the service's side: the Runtime API.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export class Environment {
  readonly #process: ChildProcess
  readonly #timeoutMs: number
  #next: ServerResponse | undefined
  #whenNext: (() => void) | undefined
  #onResponse: ((response: IncomingMessage) => void) | undefined
  #onEnd: ((reason: string) => void) | undefined

  static async start(options: EnvironmentOptions): Promise<Environment> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Environment(server, options)
  }

  private constructor(server: Server, { root, handler, timeoutMs }: EnvironmentOptions) {
    server.on('request', (req, res) => this.#answer(req, res))
    this.#timeoutMs = timeoutMs
    const { port } = server.address() as AddressInfo
    this.#process = spawn(process.execPath, ['--import', preload, runtimeClient], {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
        AWS_LAMBDA_FUNCTION_NAME: 'room',
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/room',
        AWS_LAMBDA_LOG_STREAM_NAME: 'emulated',
        AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1: 'true',
        AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
        LAMBDA_TASK_ROOT: root,
        _HANDLER: handler,
      },
    })
    this.#process.once('exit', () => {
      server.close()
      server.closeAllConnections()
      this.#onEnd?.('the function has exited')
    })
  }

  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  /**
   * Runs the function once. Resolves when it has returned, with `undefined`, or with why it has not.
   *
   * @param onResponse - called with the streamed answer.
   */
  async invoke(event: object, onResponse: (response: IncomingMessage) => void): Promise<string | undefined> {
    this.#process.kill('SIGCONT')
    if (!this.#next) await new Promise<void>((resolve) => (this.#whenNext = resolve))
    this.#onResponse = onResponse
    const deadline = Date.now() + this.#timeoutMs
    const ended = new Promise<string | undefined>((resolve) => {
      this.#onEnd = resolve
      this.#whenNext = () => resolve(undefined)
    })
    const timeout = setTimeout(() => this.#onEnd?.('timeout'), this.#timeoutMs)
    this.#next?.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': randomUUID(),
      'lambda-runtime-deadline-ms': String(deadline),
      'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:eu-west-1:123456789012:function:room',
    })
    this.#next?.end(JSON.stringify(event))
    this.#next = undefined
    const problem = await ended
    clearTimeout(timeout)
    // The service ends a copy whose function has not returned in time, and freezes one that waits for its next event.
    this.#process.kill(problem === undefined ? 'SIGSTOP' : 'SIGKILL')
    return problem
  }

  stop(): void {
    this.#process.kill('SIGKILL')
  }

  #answer(req: IncomingMessage, res: ServerResponse): void {
    if (req.url?.endsWith('/invocation/next')) {
      this.#next = res
      this.#whenNext?.()
    } else if (req.url?.endsWith('/response')) {
      this.#onResponse?.(req)
      req.once('end', () => res.writeHead(202).end())
    } else {
      req.pipe(process.stderr, { end: false })
      req.once('end', () => res.writeHead(202).end())
      this.#onEnd?.('the function has failed')
    }
  }
}
