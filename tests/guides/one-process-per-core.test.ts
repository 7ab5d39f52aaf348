import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { connect } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import type { Hub } from '@sse/server'
import { startProgram } from '@sse/test-support/program'
import { afterAll, expect, it } from 'vitest'
import { importPage } from './import-page.ts'

interface Status {
  worker: number
  connections: number
  people: string[]
}

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
async function startPrimary() {
  const program = startProgram(process.execPath, ['--conditions=@sse/source', `${code.folder}primary.ts`], {
    env: { WORKERS: '2' },
  })
  const [, pid] = await program.says(/primary (\d+): 2 workers listen/)
  return { program, pid: Number(pid), [Symbol.asyncDispose]: () => program.stop() }
}

/** Asks on a new connection each time, so that the workers take turns. */
async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { connection: 'close', ...init.headers }
  return fetch(code.origin + path, { ...init, headers, signal: AbortSignal.timeout(15_000) })
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

/** Publishes one event after the other, alternating between this process and a worker. */
function publishSteadily() {
  const titles: string[] = []
  let isOver = false
  let failures = 0
  const publishing = (async () => {
    while (!isOver) {
      const title = `lead ${titles.length}`
      if (titles.length % 2) await hub.publish('everyone', 'lead', { title })
      // The key makes a repetition harmless.
      else while (!(await post(title))) failures += 1
      titles.push(title)
      await wait(2)
    }
  })()
  return {
    /** Requests without an answer so far. */
    get failures() {
      return failures
    },
    /** Resolves with the titles, in their order. */
    async stop() {
      isOver = true
      await publishing
      return titles
    },
  }
}

function post(title: string): Promise<boolean> {
  return request(`/leads/${title}`, { method: 'POST', headers: { 'idempotency-key': title } }).then(
    ({ ok }) => ok,
    () => false,
  )
}

it('every client gets each event once and in order, through a killed worker and a rolling restart', {
  timeout: 120_000,
}, async () => {
  const presence: string[] = []
  hub.onPresence('everyone', ({ type, identity }) => presence.push(`${type} ${identity}`))
  await using primary = await startPrimary()
  const { program, pid } = primary
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

  const publisher = publishSteadily()
  const [first, second] = before.map(({ worker }) => worker) as [number, number]
  process.kill(first, 'SIGKILL')
  await program.says(new RegExp(`worker ${first} exited with SIGKILL; the next starts in 100 ms`))
  await expect
    .poll(async () => [...(await readStatus().catch(() => new Map())).keys()].length, PATIENT)
    .toBe(2)
  const { failures } = publisher
  process.kill(pid, 'SIGUSR2')
  await program.says(/all workers were restarted/)
  expect(publisher.failures).toBe(failures)
  const after = [...(await readStatus()).keys()]
  expect(after).toHaveLength(2)
  expect(after).not.toContain(second)

  const published = await publisher.stop()
  await expect
    .poll(() => clients.map(({ seen }) => seen.length), PATIENT)
    .toEqual(clients.map(() => published.length))
  for (const { seen } of clients) expect(seen).toEqual(published)
  // Each person moved to another worker at least once, and was never reported as gone.
  expect(presence.toSorted()).toEqual(['join ada', 'join ben', 'join cleo', 'join dan'])

  process.kill(pid, 'SIGTERM')
  expect(await program.exited).toBe(0)
  expect(after.filter(isRunning)).toEqual([])
  for (const { feed } of clients) feed.close()
})

it('a version that does not start replaces no worker, and is tried less and less often', {
  timeout: 120_000,
}, async () => {
  await using primary = await startPrimary()
  const { program, pid } = primary
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
  await expect.poll(async () => [...(await readStatus()).keys()].length, PATIENT).toBe(2)

  const serving = [...(await readStatus()).keys()]
  process.kill(pid, 'SIGKILL')
  await expect.poll(() => serving.filter(isRunning), PATIENT).toEqual([])
  await program.exited
})

it('a client that a stopped worker should have accepted reconnects after its idle timeout', {
  timeout: 120_000,
}, async () => {
  await using primary = await startPrimary()
  const { program } = primary
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
    const answered = new Set<number>()
    const start = async () => {
      const before = answered.size
      const program = startProgram(
        process.execPath,
        ['--conditions=@sse/source', `${code.folder}worker.ts`],
        { env: { REUSE_PORT: '1' } },
      )
      const ask = async () => {
        for (const pid of (await readStatus().catch(() => new Map<number, Status>())).keys())
          answered.add(pid)
        return answered.size
      }
      await expect.poll(ask, PATIENT).toBe(before + 1)
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
    third.signal('SIGTERM')
    expect(await third.exited).toBe(0)
  },
)
