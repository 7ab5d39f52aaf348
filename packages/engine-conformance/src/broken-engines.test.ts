// Proves that the suite can fail: each of these engines breaks one promise.
import { describe, expect, it } from 'vitest'
import { FAULTS, type Fault, FaultyEngine } from './fixtures/faulty-engine.ts'
import { FaultyStore, type StoredEntry } from './fixtures/faulty-store.ts'
import { BrokenPromise, engineSuite, hubModel, type OpenedEngine } from './index.ts'

/** Enough to find every fault that a hub can notice. */
const SEEDS = 60

const opening = (fault?: Fault) => async (): Promise<OpenedEngine> => {
  let store = new FaultyStore()
  const connect = () => new FaultyEngine(store, fault)
  const lost = fault === 'keeps its epoch after losing entries' ? 2 : 0
  const connected = connect()
  return {
    engine: connected,
    another: async () => connect(),
    reopen: async () => {
      store = store.copy(lost)
      return connect()
    },
    crash: async () => {
      store = store.copy(lost)
      return connect()
    },
    traffic: () => store.commands,
    foreign: async (entry) => {
      store.head += 1
      store.write([{ ...(entry as StoredEntry), position: store.head }])
      return true
    },
    close: async () => connected.close(),
  }
}

const suite = (fault?: Fault) =>
  engineSuite({
    name: 'plain',
    open: opening(fault),
    abilities: ['another', 'reopen', 'crash', 'traffic', 'foreign'],
    seeds: 3,
  })

async function firstFailingSeed(fault: Fault): Promise<string | undefined> {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const error: unknown = await hubModel({ seed, open: opening(fault) }).catch((thrown) => thrown)
    if (error instanceof Error) return error.message
  }
  return undefined
}

// Many of these wait: for an entry's age, for silence, or for what never comes.
describe.concurrent('an engine that keeps every promise', () => {
  for (const { name, run } of suite()) it(name, run)

  it('passes the model of hubs', async () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) await hubModel({ seed, open: opening() })
  }, 30_000)
})

/** Part of the name of the case that must fail. */
const promises: Record<Fault, string> = {
  'loses an entry': 'an acknowledged entry can be read at once',
  'gives a position twice': 'a batch of 1,000 entries keeps its order',
  'uses positions again after a trim': 'assigns no position again',
  'reorders a batch': 'in the given order',
  'shows an entry before those below it': 'never see a hole',
  'acknowledges before it stores': 'an acknowledged entry can be read at once',
  'keeps its epoch after losing entries': 'after a restart every acknowledged entry is stored',
  'stores half a batch in a crash': 'completely or not at all',
  'ignores idempotency keys': 'a known idempotency key stores nothing',
  'shares idempotency keys between channels': 'idempotency keys of different channels are independent',
  'trims in silence': '`oldest` moves',
  'keeps what is too old': 'trim by age removes older entries',
  'misses an entry of a second channel': 'merged in order, once each',
  'reaches the head with a page that is cut': '`reached` is the last entry of a page that is cut',
  'reaches only the last entry of its channels': 'returns only their entries, merged in order',
  'ignores `maxBytes`': 'ends with the entry that reaches `maxBytes`',
  'counts characters for bytes': 'ends with the entry that reaches `maxBytes`',
  'returns nothing when an entry is too large': 'contains at least one entry, however large',
  'finds nothing beyond 10,000 entries': 'more than 10,000 stored entries',
  'scans the whole log for a channel': 'the cost of reading a quiet channel',
  'commits backwards': 'a commit never moves back',
  'keeps commits in an object': 'that never committed has no commit',
  'expires commits by their first call': 'trim removes commits over their age',
  'keeps commits for ever': 'trim removes commits over their age',
  'forgets every commit': 'forget removes the commit of one subscriber',
  'does not wake others': 'wakes this one',
  'cannot be stopped from waking': 'function that stops the calls',
  'makes no calls after it was stopped once': 'wakes a callback that is added later',
  'polls without a callback': 'sends nothing to its store by itself',
  'answers after close': 'every call after close rejects',
  'fails at an entry of another program': 'entries of another program',
}

describe.concurrent.each(FAULTS)('an engine that %s', (fault) => {
  it('fails the case of the promise it breaks', async () => {
    const broken = suite(fault).find(({ name }) => name.includes(promises[fault]))
    expect(await broken?.run().catch((error) => error)).toBeInstanceOf(BrokenPromise)
  }, 90_000)
})

/** Faults that no hub notices: times and sizes the model does not have, and calls hubs do not make. */
const UNSEEN: readonly Fault[] = [
  'reaches the head with a page that is cut',
  'reaches only the last entry of its channels',
  'ignores `maxBytes`',
  'counts characters for bytes',
  'returns nothing when an entry is too large',
  'keeps what is too old',
  'finds nothing beyond 10,000 entries',
  'scans the whole log for a channel',
  'expires commits by their first call',
  'keeps commits for ever',
  'forgets every commit',
  'does not wake others',
  'cannot be stopped from waking',
  'makes no calls after it was stopped once',
  'polls without a callback',
  'answers after close',
  'fails at an entry of another program',
]

describe.each(FAULTS.filter((fault) => !UNSEEN.includes(fault)))('hubs on an engine that %s', (fault) => {
  it('break a promise that the model reports with its seed', async () => {
    expect(await firstFailingSeed(fault)).toMatch(/^seed \d+, step \d+: /)
  }, 60_000)
})

it('a seed repeats a run exactly', async () => {
  const fault = 'misses an entry of a second channel'
  const messages = await Promise.all([firstFailingSeed(fault), firstFailingSeed(fault)])
  const [first, second] = messages.map((message) => message?.replace(/[0-9a-f]{12}-/g, 'epoch-'))
  expect(first).toMatch(/^seed \d+/)
  expect(second).toBe(first)
})
