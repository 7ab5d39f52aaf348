import { setTimeout as sleep } from 'node:timers/promises'
import { memory } from '@sse/server'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { type Child, startChild } from './child-process.ts'
import { encodeRequest, openSocket } from './raw-socket.ts'
import type { Callback } from './throwing/app.ts'
import { callbacks } from './throwing/callbacks.ts'
import { hubCallbacks, hubStreamCallbacks, streamCallbacks } from './throwing/coverage.ts'
import { engines, engineVerbs } from './throwing/engine-verbs.ts'
import { WAYS, type Way } from './throwing/misbehave.ts'
import { sources } from './throwing/sources.ts'

const CLIENTS = 3
/** How long clients stay: heartbeats and repeated checks of the app happen meanwhile. */
const STAY_MS = 70
const READ_MS = 2_000

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

const cases = (table: readonly Callback[]): [string, string, Callback, Way][] =>
  table.flatMap((callback) =>
    (callback.ways ?? (Object.keys(WAYS) as Way[])).map((way): [string, string, Callback, Way] => [
      callback.name,
      way,
      callback,
      way,
    ]),
  )

describe.for([
  ['a source', sources],
  ['a callback', callbacks],
  ['an engine', engines],
] as const)('an app with %s that misbehaves', ([, table]) => {
  it.for(cases(table))('%s %s: other clients receive every event', async ([, , callback, way]) => {
    const app = child as Child
    const port = await app.call<number>('start', callback.name, way)
    const reader = await follow(port)
    await untilReached(reader.serials, 3)
    const before = reader.serials.at(-1) ?? 0

    await app.call('provoke')
    const request = encodeRequest('/odd/beats/odd')
    const stay = await Promise.all(Array.from({ length: CLIENTS }, () => openSocket(port)))
    const leave = await Promise.all(Array.from({ length: CLIENTS }, () => openSocket(port)))
    for (const socket of stay) socket.write(request)
    for (const socket of leave) socket.write(request, () => setTimeout(() => socket.resetAndDestroy(), 10))
    await sleep(STAY_MS / 2)
    const late = await follow(port)
    await sleep(STAY_MS / 2)
    for (const socket of stay) socket.destroy()
    await sleep(20)

    const { resolved, rejected, pending } = await app.call<Published>('published')
    await untilReached(reader.serials, resolved.at(-1) ?? 0)
    await untilReached(late.serials, resolved.at(-1) ?? 0)
    reader.close()
    late.close()
    await app.call('stop')
    const failures = app.failures.slice(failuresBefore).filter((failure) => !callback.allowed?.test(failure))
    expect.soft(failures).toEqual([])
    expect.soft(resolved.at(-1), 'events are published meanwhile').toBeGreaterThan(before + 3)
    for (const { serials } of [reader, late]) {
      const [first = 0] = serials
      expect.soft(serials).toEqual(resolved.filter((serial) => serial >= first))
    }
    // What was rejected was not stored.
    expect.soft(reader.serials.filter((serial) => rejected.includes(serial))).toEqual([])
    expect.soft(pending, 'every publish settles').toBe(0)
  })
})

describe('the table of what can misbehave', () => {
  it('has every verb of an engine', () => {
    const engine = memory()
    const names = new Set([
      ...Object.getOwnPropertyNames(Object.getPrototypeOf(engine)),
      ...Object.keys(engine),
    ])
    const verbs = [...names].filter((name) => {
      return name !== 'constructor' && typeof Reflect.get(engine, name) === 'function'
    })
    expect(verbs.sort()).toEqual([...engineVerbs].sort())
  })

  it('has every option that is a function', () => {
    const names = callbacks.map(({ name }) => name)
    expect(names).toEqual(
      expect.arrayContaining(
        [streamCallbacks, hubStreamCallbacks, hubCallbacks].flatMap((names) => Object.values(names)),
      ),
    )
  })
})
