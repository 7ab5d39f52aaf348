import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { type Child, startChild } from './child-process.ts'
import { encodeRequest, openSocket } from './raw-socket.ts'
import { frameworks } from './throwing/adapters.ts'
import { type Callback, ODD } from './throwing/app.ts'
import { callbacks } from './throwing/callbacks.ts'
import {
  hubCallbacks,
  hubMethods,
  hubStreamCallbacks,
  runStreamCallbacks,
  streamCallbacks,
} from './throwing/coverage.ts'
import { WAYS, type Way } from './throwing/misbehave.ts'
import { table } from './throwing/table.ts'

const CLIENTS = 3
/** How long clients stay: heartbeats and repeated checks of the app happen meanwhile. */
const STAY_MS = 70
/** Longest time until an event has come. A busy machine is slow. */
const READ_MS = 10_000

let child: Child | undefined
let failuresBefore = 0
beforeEach(async () => {
  if (!child?.isAlive) child = await startChild('throwing-app-process.ts')
  failuresBefore = child.failures.length
})
afterAll(() => child?.stop())

interface Published {
  readonly resolved: readonly number[]
  readonly rejected: readonly number[]
  readonly pending: number
}

/** A client of the well-behaved stream, and the serials it has received. */
async function follow(port: number): Promise<{ serials: number[]; close(): void }> {
  const socket = await openSocket(port, { isReading: false })
  const serials: number[] = []
  let rest = ''
  socket.setEncoding('utf8').on('data', (text) => {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop() as string
    for (const block of blocks) {
      const serial = /^event: beat\ndata: \{"serial":(\d+)\}$/m.exec(block)?.[1]
      if (serial) serials.push(Number(serial))
    }
  })
  socket.write(encodeRequest('/beats/reader'))
  return { serials, close: () => socket.destroy() }
}

const untilReached = async (serials: readonly number[], serial: number): Promise<void> => {
  for (const deadline = Date.now() + READ_MS; (serials.at(-1) ?? 0) < serial && Date.now() < deadline; ) {
    await sleep(5)
  }
}

const waysOf = ({ ways }: Callback): readonly Way[] => ways ?? (Object.keys(WAYS) as Way[])

/** What is wrong with an app whose callback fails in one way, in full sentences. */
async function findViolations(app: Child, callback: Callback, way: Way): Promise<string[]> {
  const violations: string[] = []
  const port = await app.call<number>('start', callback.name, way)
  const reader = await follow(port)
  await untilReached(reader.serials, 3)
  const before = reader.serials.at(-1) ?? 0

  await app.call('provoke', port)
  const request = encodeRequest(`${ODD}/beats/odd`)
  const stay = await Promise.all(Array.from({ length: CLIENTS }, () => openSocket(port)))
  const leave = await Promise.all(Array.from({ length: CLIENTS }, () => openSocket(port)))
  for (const socket of stay) socket.write(request)
  for (const socket of leave) socket.write(request, () => setTimeout(() => socket.resetAndDestroy(), 10))
  await sleep(STAY_MS / 2)
  const late = await follow(port)
  await sleep(STAY_MS / 2)
  await untilReached(late.serials, 1)
  await untilReached(reader.serials, before + 4)
  for (const socket of stay) socket.destroy()
  await sleep(20)

  const { resolved, rejected, pending } = await app.call<Published>('published', port)
  const last = resolved.at(-1) ?? 0
  await untilReached(reader.serials, last)
  await untilReached(late.serials, last)
  reader.close()
  late.close()
  await app.call('stop', port)
  if (last <= before + 3) violations.push(`Nothing was published after event ${before}`)
  for (const [name, { serials }] of Object.entries({ 'A reader': reader, 'A late reader': late })) {
    const [first = 0] = serials
    const expected = resolved.filter((serial) => serial >= first)
    if (String(serials) !== String(expected))
      violations.push(`${name} received ${serials}; expected ${expected}`)
  }
  // What was rejected was not stored.
  const unstored = reader.serials.filter((serial) => rejected.includes(serial))
  if (unstored.length > 0) violations.push(`Rejected events were delivered: ${unstored}`)
  if (pending > 0) violations.push(`${pending} publishes have not settled`)
  return violations.map((violation) => `${way}: ${violation}`)
}

describe.for(table)('an app with %s that misbehaves', ([, callbacks]) => {
  it.for(callbacks.map((callback) => [callback.name, callback] as const))(
    '%s throws, rejects, hangs or returns nonsense: other clients receive every event',
    async ([, callback]) => {
      const app = child as Child
      const found = await Promise.all(waysOf(callback).map((way) => findViolations(app, callback, way)))
      const failures = app.failures
        .slice(failuresBefore)
        .filter((failure) => !callback.allowed?.test(failure))
      expect([...found.flat(), ...failures]).toEqual([])
    },
  )
})

describe('the table of what can misbehave', () => {
  it('has every option and method that takes a function', () => {
    const names = callbacks.map(({ name }) => name)
    const covered = [
      streamCallbacks,
      hubStreamCallbacks,
      runStreamCallbacks,
      hubCallbacks,
      hubMethods,
    ].flatMap((names) => Object.values<string>(names))
    expect(covered.filter((name) => !names.includes(name))).toEqual([])
  })

  it('has every framework that has an adapter', () => {
    const { exports } = createRequire(import.meta.url)('@sse/server/package.json')
    // Node's own handler is that of all other cases. Nest runs on those of Express and Fastify.
    const others = [
      '.',
      './node',
      './nest',
      './runs',
      './dialects',
      './engine-kit',
      './gzip',
      './package.json',
    ]
    const entries = Object.keys(exports).filter((entry) => !others.includes(entry))
    expect(Object.keys(frameworks).sort()).toEqual([...entries.map((entry) => entry.slice(2)), 'web'].sort())
  })
})
