import { readFileSync, writeFileSync } from 'node:fs'
import { Agent, get, type IncomingMessage } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { connect } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import type { Hub } from '@sse/server'
import { type Program, startProgram } from '@sse/test-support/program'
import { afterAll, expect, it } from 'vitest'
import { importPage } from './import-page.ts'

interface Status {
  worker: number
  connections: number
  people: string[]
}

/** Makes the start of the same program again cheaper. */
const NODE_COMPILE_CACHE = fileURLToPath(new URL('../.cache/compile', import.meta.url))
const PATIENT = { timeout: 40_000 }
const code = await importPage('docs/guides/one-process-per-core.md')
const inbox = defineStream({
  path: '/inbox',
  channels: ['person:{id}', 'everyone'],
  events: { lead: type<{ title: string }>() },
})
/** Another program on the same file. */
const { hub } = await code.load<{ hub: Hub<typeof inbox> }>('hub.ts')
afterAll(() => hub.close())

/** Starts the primary of the page with two workers, and waits until they listen. */
async function startPrimary(): Promise<Program> {
  const options = ['--conditions=@sse/source', `${code.folder}primary.ts`]
  const program = startProgram(process.execPath, options, { env: { WORKERS: '2', NODE_COMPILE_CACHE } })
  await program.says(/2 workers listen/)
  return program
}

/** Uses a new connection unless `init` says otherwise, so that the workers take turns. */
async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { connection: 'close', ...init.headers }
  return fetch(code.origin + path, { ...init, headers, signal: AbortSignal.timeout(15_000) })
}

async function countWorkers(): Promise<number> {
  return (await readStatus().catch(() => new Map())).size
}

/** The status of each worker, by its process id. */
async function readStatus(): Promise<Map<number, Status>> {
  const found = new Map<number, Status>()
  for (let n = 0; n < 4; n += 1) {
    const status = (await (await request('/status')).json()) as Status
    found.set(status.worker, status)
  }
  return found
}

/** Asks on the connection of an agent. */
function getStatus(agent: Agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(`${code.origin}/status`, { agent }, (answer) => {
      answer.resume().once('end', () => resolve(answer))
    }).once('error', reject)
  })
}

function open(user: string, options: { idleTimeoutMs?: number } = {}) {
  const seen: string[] = []
  const feed = connect(inbox, {
    baseUrl: code.origin,
    headers: { 'x-user': user },
    onError: () => {},
    ...options,
  })
  feed.on('lead', ({ title }) => seen.push(title))
  feed.on('gap', ({ reason }) => seen.push(`gap: ${reason}`))
  return { feed, seen }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Publishes one event after the other, alternating between this process and the workers, until it is disposed. */
function publishSteadily() {
  const titles: string[] = []
  let isOver = false
  const publishing = (async () => {
    while (!isOver) {
      const title = `lead ${titles.length}`
      if (titles.length % 2) await hub.publish('everyone', 'lead', { title })
      else while (!(await post(title))) await wait(20)
      titles.push(title)
      await wait(2)
    }
  })()
  const stop = async () => {
    isOver = true
    await publishing
  }
  return { titles, [Symbol.asyncDispose]: stop }
}

/** Returns whether a worker has stored the event. The key makes a repetition harmless. */
function post(title: string): Promise<boolean> {
  const headers = { 'idempotency-key': title }
  return request(`/leads/${title}`, { method: 'POST', headers }).then(
    ({ ok }) => ok,
    () => false,
  )
}

it('every client gets each event once and in order, through a killed worker and a rolling restart', {
  timeout: 120_000,
}, async () => {
  const presence: string[] = []
  hub.onPresence('everyone', ({ type, identity }) => presence.push(`${type} ${identity}`))
  await using program = await startPrimary()
  const { pid } = program
  // Opened one after the other, so that the workers take turns.
  const clients: ReturnType<typeof open>[] = []
  for (const user of ['ada', 'ada', 'ben', 'ben', 'cleo', 'dan']) {
    const client = open(user)
    clients.push(client)
    await expect.poll(() => client.feed.status.state, PATIENT).toBe('open')
  }
  const before = [...(await readStatus()).values()]
  expect(before.map(({ connections }) => connections)).toEqual([3, 3])
  for (const { people } of before) expect(people.toSorted()).toEqual(['ada', 'ben', 'cleo', 'dan'])

  const [first, second] = before.map(({ worker }) => worker) as [number, number]
  let published: string[]
  {
    await using publisher = publishSteadily()
    published = publisher.titles
    process.kill(first, 'SIGKILL')
    await program.says(new RegExp(`worker ${first} exited with SIGKILL; the next starts in 100 ms`))
    await expect.poll(countWorkers, PATIENT).toBe(2)
    process.kill(pid, 'SIGUSR2')
    await program.says(/all workers were restarted/)
  }
  const after = [...(await readStatus()).keys()]
  expect(after).toHaveLength(2)
  expect(after).not.toContain(second)
  await expect
    .poll(() => clients.map(({ seen }) => seen.length), PATIENT)
    .toEqual(clients.map(() => published.length))
  for (const { seen } of clients) expect(seen).toEqual(published)
  // Each person moved to another worker at least once, and was never reported as gone.
  expect(presence.toSorted()).toEqual(['join ada', 'join ben', 'join cleo', 'join dan'])

  const keptAlive = new Agent({ keepAlive: true, maxSockets: 1 })
  expect((await getStatus(keptAlive)).headers.connection).toBe('keep-alive')
  process.kill(pid, 'SIGTERM')
  // Every request is answered, and the last one is asked to be the last on its connection.
  while ((await getStatus(keptAlive)).headers.connection !== 'close');
  expect(await program.exited).toBe(0)
  expect(after.filter(isRunning)).toEqual([])
  for (const { feed } of clients) feed.close()
})

it('a version that does not start replaces no worker, and is tried less and less often', {
  timeout: 120_000,
}, async () => {
  await using program = await startPrimary()
  const { pid } = program
  const old = [...(await readStatus()).keys()] as [number, number]
  const worker = `${code.folder}worker.ts`
  const working = readFileSync(worker, 'utf8')
  writeFileSync(worker, 'process.exit(3)')
  process.kill(pid, 'SIGUSR2')
  await program.says(
    /the restart ended early, the other workers continue: .* exited with 3 before it listened/,
  )
  expect([...(await readStatus()).keys()].toSorted()).toEqual(old.toSorted())

  process.kill(old[0], 'SIGKILL')
  await program.says(/next starts in 100 ms.+next starts in 200 ms.+next starts in 400 ms/s)
  expect([...(await readStatus()).keys()]).toEqual([old[1]])
  writeFileSync(worker, working)
  await expect.poll(countWorkers, PATIENT).toBe(2)

  const serving = [...(await readStatus()).keys()]
  process.kill(pid, 'SIGKILL')
  await expect.poll(() => serving.filter(isRunning), PATIENT).toEqual([])
})

it('a primary whose first workers do not start exits with an error', { timeout: 60_000 }, async () => {
  const worker = `${code.folder}worker.ts`
  const working = readFileSync(worker, 'utf8')
  writeFileSync(worker, 'process.exit(3)')
  try {
    await using program = startProgram(process.execPath, [`${code.folder}primary.ts`])
    expect(await program.exited).toBe(1)
    expect(program.output).toMatch(/worker \d+ exited with 3 before it listened/)
  } finally {
    writeFileSync(worker, working)
  }
})

it('a client that a stopped worker should have accepted reconnects after its idle timeout', {
  timeout: 120_000,
}, async () => {
  await using program = await startPrimary()
  const [stopped] = (await readStatus()).keys()
  process.kill(stopped as number, 'SIGSTOP')
  const clients = ['eve', 'eve', 'eve'].map((user) => open(user, { idleTimeoutMs: 1_000 }))
  const states = () => clients.map(({ feed }) => feed.status.state)
  await expect.poll(() => states().filter((state) => state === 'open').length, PATIENT).toBe(2)
  process.kill(stopped as number, 'SIGKILL')
  await expect.poll(states, PATIENT).toEqual(['open', 'open', 'open'])
  for (const { feed } of clients) feed.close()
  program.signal('SIGTERM') // to all its processes, as systemd does
  expect(await program.exited).toBe(0)
})

it.skipIf(process.platform !== 'linux')(
  'clients of a process that shares the port without a primary continue in another one',
  { timeout: 120_000 },
  async () => {
    /** Starts a process, and waits until it has answered a request. */
    const start = async () => {
      const options = ['--conditions=@sse/source', `${code.folder}worker.ts`]
      const program = startProgram(process.execPath, options, {
        env: { REUSE_PORT: '1', NODE_COMPILE_CACHE },
      })
      const hasAnswered = async () => (await readStatus().catch(() => undefined))?.has(program.pid)
      await expect.poll(hasAnswered, PATIENT).toBe(true)
      return program
    }
    await using first = await start()
    await using second = await start()
    const clients = ['eve', 'eve', 'fay', 'gus'].map((user) => open(user))
    const titles: string[] = []
    const publish = async (title: string) => {
      titles.push(title)
      await hub.publish('everyone', 'lead', { title })
      const newest = () => clients.map(({ seen }) => seen.slice(-titles.length))
      await expect.poll(newest, PATIENT).toEqual(clients.map(() => titles))
    }
    await publish('to both')
    first.signal('SIGTERM')
    expect(await first.exited).toBe(0)
    await publish('to the second')
    await using third = await start()
    second.signal('SIGKILL')
    await publish('to the third')
    for (const { feed } of clients) feed.close()
    third.signal('SIGKILL')
  },
)
