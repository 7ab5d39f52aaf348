import { serve } from '@sse/test-support/http-server'
import { describe, expect, it, vi } from 'vitest'
import { CHECK_GROUPS } from './checks.ts'
import { examine } from './fixtures/examine.ts'
import { FAULTY_STREAMS, PAGE_ORIGIN } from './fixtures/faulty-streams.ts'
import { soundStream } from './fixtures/sound-stream.ts'

// They mostly wait.
vi.setConfig({ maxConcurrency: 12 })

const ALL = CHECK_GROUPS.flatMap(({ checks }) => checks.map(({ id }) => id))

describe('a sound stream', () => {
  it('passes every check', async () => {
    await using server = await serve(soundStream())
    const { results, summary } = await examine(server.origin, { origin: PAGE_ORIGIN })
    expect(results.map(({ check, verdict, message }) => ({ id: check.id, verdict, message }))).toEqual(
      ALL.map((id) => ({ id, verdict: 'ok', message: expect.any(String) })),
    )
    expect(summary).toMatchObject({ verdict: 'ok', exitCode: 0 })
  })
})

describe('the check list', () => {
  it('has a fault for each check', () => {
    // The faults of these need other servers: connections.test.ts.
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
    async ({ check, says, companions = [], verdict, serve: listener, headers = {} }) => {
      await using server = await serve(listener)
      const { results, found, summary } = await examine(server.origin, { headers, origin: PAGE_ORIGIN })
      expect(found.map((each) => each.split(':')[0]).sort(), found.join('\n')).toEqual(
        [check, ...companions].sort(),
      )
      const result = results.find((each) => each.check.id === check)
      expect(result).toMatchObject({ verdict, message: expect.stringMatching(says) })
      expect(summary.exitCode).toBe(verdict === 'problem' ? 1 : 0)
    },
  )
})

describe('a stream of more than can be read', () => {
  it('is left after 8 MiB', async () => {
    const frame = (n: number) => `id: ${n}\n${`data: ${'x'.repeat(1_000)}\n`.repeat(1_000)}\n`
    await using server = await serve(soundStream({ heartbeat: '', spacingMs: 1, events: 12, frame }))
    const { found } = await examine(server.origin)
    expect(found).toContainEqual(expect.stringMatching(/^size: 8 MiB in .*: the doctor did not read on$/))
  })
})
