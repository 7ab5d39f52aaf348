import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connect } from '@sse/client'
import { freePort } from '@sse/test-support/free-port'
import { startProgram } from '@sse/test-support/program'
import { leads } from '@sse-examples/lead-desk/stream'

const folder = fileURLToPath(new URL('../../examples/lead-desk', import.meta.url))
export const PASSWORD = 'show me leads'

/** A lead desk as a process of its own, on a port and with data that outlive it. */
export interface Desk extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly data: string
  /** Starts it again after `stop`. */
  start(): Promise<void>
  /** Ends it; resolves with its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  /** What it has said since it started last. */
  readonly output: string
}

/** Runs the example as its own `start` script would. */
export async function startDesk(env: Record<string, string> = {}): Promise<Desk> {
  const port = await freePort()
  const data = await mkdtemp(join(tmpdir(), 'lead-desk-'))
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const [command, ...args] = scripts.start.split(' ')
  if (command !== 'node') throw new Error(`start is not node: ${scripts.start}`)
  const run = () =>
    startProgram(process.execPath, args, {
      cwd: folder,
      env: { PORT: String(port), LEAD_DESK_DATA: data, ...env },
    })
  let program = run()
  try {
    await program.says(/http:\S+/)
  } catch (error) {
    await rm(data, { recursive: true, force: true })
    throw error
  }
  return {
    url: `http://localhost:${port}`,
    port,
    data,
    get output() {
      return program.output
    },
    async start() {
      program = run()
      await program.says(/http:\S+/)
    },
    async stop(signal) {
      await program.stop(signal)
      return program.exited
    },
    async [Symbol.asyncDispose]() {
      await program.stop('SIGKILL')
      await rm(data, { recursive: true, force: true })
    },
  }
}

export type SignedIn = Awaited<ReturnType<typeof signIn>>

/** Signs in over HTTP, as a page would. */
export async function signIn(desk: Pick<Desk, 'url'>, person: string) {
  const response = await post(`${desk.url}/api/sign-in`, { person, password: PASSWORD })
  if (!response.ok) throw new Error(`sign-in: ${response.status} ${await response.text()}`)
  const headers = { cookie: String(response.headers.get('set-cookie')).split(';')[0] ?? '' }
  return {
    headers,
    get: (path: string) => fetch(desk.url + path, { headers }),
    post: (path: string, body: unknown, more?: Record<string, string>) =>
      post(desk.url + path, body, { ...headers, ...more }),
    assign: (owner: string, title: string, requestId: string = crypto.randomUUID()) =>
      post(
        `${desk.url}/api/leads`,
        { owner, title, company: 'Acme' },
        { ...headers, 'idempotency-key': requestId },
      ),
    /** Follows an inbox; with `lastEventId` as a device that was there before. */
    follow: (owner: string, lastEventId?: string) =>
      connect(leads, {
        baseUrl: desk.url,
        params: { owner },
        headers,
        reconnect: { jitterMs: 50, maxJitterMs: 250 },
        ...(lastEventId && { lastEventId }),
      }),
  }
}

export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

/** Reads a feed from now on until it has brought as many leads. */
export async function nextTitles(feed: ReturnType<SignedIn['follow']>, count: number) {
  const titles: string[] = []
  let id = ''
  for await (const event of feed) {
    if (event.event !== 'lead') continue
    titles.push(event.payload.title)
    id = event.id
    if (titles.length === count) break
  }
  return { titles, id }
}
