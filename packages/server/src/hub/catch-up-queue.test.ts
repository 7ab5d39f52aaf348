import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { testHub } from '../fixtures/hub-server.ts'
import { eventually } from '../fixtures/server-scope.ts'
import { Batch } from '../log/batch.ts'
import type { StoredFrame } from '../log/stored-frame.ts'
import { openSubscription } from '../stream/open-subscription.ts'
import { nextTurn } from '../timing/next-turn.ts'
import { CatchUpQueue } from './catch-up-queue.ts'

const turn = () => new Promise<void>(nextTurn)

/** Time passes only where a test says so: what fits into a turn does not depend on the machine. */
let now = 0

beforeEach(() => {
  now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now)
})

afterEach(() => void vi.restoreAllMocks())

/** A connection that is at the head after a number of steps of a millisecond each. */
function connection(name: string, steps: number, log: string[]) {
  let left = steps
  return {
    step() {
      log.push(name)
      now += 1
      left -= 1
      return left > 0
    },
  }
}

const frame = (position: number): StoredFrame => ({
  position,
  channel: 'a',
  event: 'count',
  latestKey: undefined,
  at: 0,
  bytes: new Uint8Array(3),
})

describe('the catch-up queue', () => {
  it('takes the steps of a single connection at once, as long as they fit into the turn', () => {
    const taken: string[] = []
    new CatchUpQueue().add(connection('a', 3, taken))
    expect(taken).toEqual(['a', 'a', 'a'])
  })

  it('spends one time budget per turn on all connections together, a step each in turn', async () => {
    const taken: string[] = []
    const queue = new CatchUpQueue()
    for (const name of ['a', 'b', 'c']) queue.add(connection(name, 5, taken))
    const turns = [taken.splice(0).join('')]
    while (turns.join('').length < 15) {
      await turn()
      turns.push(taken.splice(0).join(''))
    }
    expect(turns).toEqual(['aaaa', 'abcb', 'cbcb', 'cbc'])
  })

  it('gives connections the rest of a turn that others have used in part', async () => {
    const taken: string[] = []
    const queue = new CatchUpQueue()
    queue.add(connection('a', 3, taken))
    queue.add(connection('b', 2, taken))
    expect(taken.join('')).toBe('aaab')
    await turn()
    expect(taken.join('')).toBe('aaabb')
    await turn()
    queue.add(connection('c', 4, taken))
    expect(taken.join('')).toBe('aaabbcccc')
  })

  it('joins the same frames once for connections that write them one after another', () => {
    const queue = new CatchUpQueue()
    const frames = [frame(3), frame(4)]
    const joined = queue.join(new Batch(2, frames, 4))
    expect(queue.join(new Batch(0, [...frames], 9))).toBe(joined)
    expect(queue.join(new Batch(2, [frame(3), frame(4)], 4))).not.toBe(joined)
  })
})

describe('connections that resume within the ring at the same time', () => {
  const CLIENTS = 20
  const EVENTS = 60
  const content = 'x'.repeat(20_000)

  it('share the time of each turn and get every event, while others are served live', async () => {
    const hub = testHub()
    const publish = (n: number) => hub.publish('a', 'text', `${n} ${content}`)
    const ids = await Promise.all(Array.from({ length: EVENTS }, (_, n) => publish(n)))
    let inTurn = 0
    let mostInTurn = 0
    const open = (lastEventId?: string) => {
      const seen: number[] = []
      const write = (frames: string) => {
        const numbers = [...frames.matchAll(/data: "(\d+) /g)].map(([, n]) => Number(n))
        seen.push(...numbers)
        if (numbers.length > 1) {
          now += 1 // each batch of missed events takes a millisecond
          inTurn += 1
          mostInTurn = Math.max(mostInTurn, inTurn)
          if (inTurn === 1) {
            nextTurn(() => {
              inTurn = 0
            })
          }
        }
        return true
      }
      return { seen, ...openSubscription(hub.subscribe('a'), { lastEventId, sink: { write, end() {} } }) }
    }
    const clients = Array.from({ length: CLIENTS }, () => open(ids[0]))
    const newcomer = open()
    await Promise.all([...clients, newcomer].map(({ opened }) => opened))
    expect(hub.stats().lagging).toBeGreaterThan(0)
    await publish(EVENTS)
    expect(newcomer.seen).toEqual([EVENTS])
    expect(clients.some(({ seen }) => seen.length < EVENTS)).toBe(true)
    await eventually(() => clients.every(({ seen }) => seen.length === EVENTS))
    for (const { seen } of clients) expect(seen).toEqual(Array.from({ length: EVENTS }, (_, n) => n + 1))
    // 4 ms in each turn. The count may begin in the middle of one turn and end with the next.
    expect(mostInTurn).toBeLessThanOrEqual(8)
    for (const { close } of [...clients, newcomer]) close()
  })
})
