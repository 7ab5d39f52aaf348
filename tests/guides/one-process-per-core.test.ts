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

const PATIENT = { timeout: 30_000 }
const code = await importPage('docs/guides/one-process-per-core.md')
const inbox = defineStream({
  path: '/inbox',
  channels: ['person:{id}', 'everyone'],
  events: { lead: type<{ title: string }>() },
})
/** Another program on the same file. */
const { hub } = await code.load<{ hub: Hub<typeof inbox> }>('hub.ts')
afterAll(() => hub.close())

async function startPrimary() {
  const program = startProgram(process.execPath, ['--conditions=@sse/source', `${code.folder}primary.ts`], {
    env: { WORKERS: '2' },
  })
  const [, pid] = await program.says(/primary (\d+): 2 workers listen/)
  return { program, pid: Number(pid) }
}

/** Asks on a new connection each time, so that the workers take turns. */
async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { connection: 'close', ...init.headers }
  return fetch(code.origin + path, { ...init, headers, signal: AbortSignal.timeout(5_000) })
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

/** Publishes one event after the other, alternating between this process and a worker, until it is stopped. */
function publishSteadily() {
  const titles: string[] = []
  let isOver = false
  const publishing = (async () => {
    for (let n = 0; !isOver; n += 1) {
      const title = `lead ${n}`
      if (n % 2) await hub.publish('everyone', 'lead', { title })
      else await post(title)
      titles.push(title)
      await wait(2)
    }
  })()
  return {
    async stop() {
      isOver = true
      await publishing
      return titles
    },
  }
}

/** Repeats the request until it is answered. The key makes a repetition harmless. */
async function post(title: string): Promise<void> {
  const init = { method: 'POST', headers: { 'idempotency-key': title } }
  const isStored = () =>
    request(`/leads/${title}`, init).then(
      ({ ok }) => ok,
      () => false,
    )
  while (!(await isStored())) await wait(20)
}

it('every client gets each event once and in order, through a killed worker and a rolling restart', {
  timeout: 120_000,
}, async () => {
  const presence: string[] = []
  hub.onPresence('everyone', ({ type, identity }) => presence.push(`${type} ${identity}`))
  const { program, pid } = await startPrimary()
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
  await expect.poll(async () => [...(await readStatus().catch(() => new Map())).keys()].length, PATIENT).toBe(2)
  process.kill(pid, 'SIGUSR2')
  await program.says(/all workers were restarted/)
  const after = [...(await readStatus()).keys()]
  expect(after).toHaveLength(2)
  expect(after).not.toContain(second)

  const published = await publisher.stop()
  await expect.poll(() => clients.map(({ seen }) => seen.length), PATIENT).toEqual(clients.map(() => published.length))
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
  const { program, pid } = await startPrimary()
  const old = [...(await readStatus()).keys()] as [number, number]
  const worker = `${code.folder}worker.ts`
  const working = readFileSync(worker, 'utf8')
  writeFileSync(worker, 'process.exit(3)')
  process.kill(pid, 'SIGUSR2')
  await program.says(/the restart ended early, the other workers continue: .* exited with 3 before it listened/)
  expect([...(await readStatus()).keys()].toSorted()).toEqual(old.toSorted())

  process.kill(old[0], 'SIGKILL')
  await program.says(/next starts in 100 ms[^]+next starts in 200 ms[^]+next starts in 400 ms/)
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
  const { program } = await startPrimary()
  const [stopped] = (await readStatus()).keys()
  process.kill(stopped as number, 'SIGSTOP')
  const clients = ['eve', 'eve', 'eve'].map((user) => open(user, { idleTimeoutMs: 1_000 }))
  const states = () => clients.map(({ feed }) => feed.status.state)
  await expect.poll(() => states().filter((state) => state === 'open').length, PATIENT).toBe(2)
  process.kill(stopped as number, 'SIGKILL')
  await expect.poll(states, PATIENT).toEqual(['open', 'open', 'open'])
  for (const { feed } of clients) feed.close()
  await program.stop()
  expect(await program.exited).toBe(0)
})
