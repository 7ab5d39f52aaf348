import { serve } from '@sse/test-support/http-server'
import { describe, expect, it, vi } from 'vitest'
import { CHECK_GROUPS } from './checks.ts'
import { FAULTY_STREAMS, PAGE_ORIGIN } from './fixtures/faulty-streams.ts'
import { soundStream } from './fixtures/sound-stream.ts'
import { judge } from './judge.ts'
import { observe } from './probes/observe.ts'
import { type Timing, timingOf } from './timing.ts'

/** Like the real one, but for limits of minutes that a test cannot wait for. */
const TIMING: Timing = {
  ...timingOf(3_600),
  leastMs: 1_000,
  heartbeatMs: 800,
  cutOffs: [{ name: 'nginx', ms: 1_800 }],
}
// They mostly wait.
vi.setConfig({ maxConcurrency: 20 })

const ALL = CHECK_GROUPS.flatMap(({ checks }) => checks.map(({ id }) => id))

async function examine(origin: string, headers: Readonly<Record<string, string>> = {}) {
  const target = {
    url: new URL('/stream', origin),
    headers,
    origin: PAGE_ORIGIN,
    isLong: false,
    insecure: false,
  }
  return judge(await observe(target, TIMING, new AbortController().signal), TIMING)
}

describe('a sound stream', () => {
  it('passes every check', async () => {
    await using server = await serve(soundStream())
    const results = await examine(server.origin)
    expect(results.map(({ check, verdict, message }) => ({ id: check.id, verdict, message }))).toEqual(
      ALL.map((id) => ({ id, verdict: 'ok', message: expect.any(String) })),
    )
  })
})

describe('the check list', () => {
  it('has a fault for each check', () => {
    // The faults of connections and HTTP versions need other servers: see the tests below.
    const elsewhere = ['connection', 'http-version']
    expect(new Set([...FAULTY_STREAMS.map(({ check }) => check), ...elsewhere])).toEqual(new Set(ALL))
  })

  it('has each id once', () => {
    expect(new Set(ALL).size).toBe(ALL.length)
  })
})

describe('the fault', () => {
  it.concurrent.each(FAULTY_STREAMS)(
    '$fault is found by the check $check alone, and its companions',
    async ({ check, says, companions = [], verdict, serve: listener, headers }) => {
      await using server = await serve(listener)
      const results = await examine(server.origin, headers)
      const found = results.filter((result) => result.verdict === 'warning' || result.verdict === 'problem')
      expect(found.map((result) => `${result.check.id}: ${result.message}`)).toHaveLength(
        1 + companions.length,
      )
      expect(found.map((result) => result.check.id).sort()).toEqual([check, ...companions].sort())
      const result = found.find((each) => each.check.id === check)
      expect(result).toMatchObject({ verdict, message: expect.stringMatching(says) })
    },
  )
})
