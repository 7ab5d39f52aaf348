import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyRecord, type RunRecord, type RunState, readRecord } from './run-state.ts'

const started = (attempt: number, runner: string, maxAttempts = 3): RunRecord => ({
  type: 'started',
  attempt,
  runner,
  maxAttempts,
})
const ended = (status: 'completed' | 'stopped' | 'lost', attempt?: number): RunRecord => ({
  type: 'ended',
  outcome: { status },
  ...(attempt === undefined ? {} : { attempt }),
})

function stateOf(...records: readonly (RunRecord | undefined)[]): RunState | undefined {
  return records.reduce<RunState | undefined>(
    (state, record, index) => applyRecord(state, record, index + 1, 1_000 + index),
    undefined,
  )
}

describe('the records of a run', () => {
  it('let the first start of an attempt win, and the first end of the current attempt', () => {
    expect(stateOf(started(1, 'a'), started(1, 'b'))).toMatchObject({ runner: 'a', attempt: 1, position: 1 })
    const both = stateOf(started(1, 'a'), ended('lost', 1), ended('completed', 1), ended('stopped'))
    expect(both?.end).toMatchObject({ outcome: { status: 'lost' }, position: 2 })
  })

  it('do not end a later attempt with the end of an earlier one', () => {
    const state = stateOf(started(1, 'a'), started(2, 'b'), ended('completed', 1), ended('lost', 1))
    expect(state).toMatchObject({ attempt: 2, runner: 'b', end: undefined })
    expect(stateOf(started(1, 'a'), started(2, 'b'), ended('stopped'))?.end).toBeDefined()
  })

  it('allow no attempt to be skipped, and none above the maximum', () => {
    expect(stateOf(started(2, 'a'))).toBeUndefined()
    expect(stateOf(started(1, 'a'), started(3, 'b'))?.attempt).toBe(1)
    expect(stateOf(started(1, 'a', 1), started(2, 'b', 9))?.attempt).toBe(1)
  })

  it('keep a run from starting that was stopped before', () => {
    expect(stateOf(ended('stopped'), started(1, 'a'))).toMatchObject({ attempt: 0, end: { position: 1 } })
    expect(stateOf(ended('completed', 1), started(1, 'a'))).toMatchObject({ attempt: 1, end: undefined })
  })

  it('let a start be taken back only by the process that made it', () => {
    const back = (runner: string): RunRecord => ({ type: 'withdrawn', attempt: 1, runner })
    expect(stateOf(started(1, 'a'), back('b'))).toMatchObject({ runner: 'a' })
    expect(stateOf(started(1, 'a'), back('a'))).toBeUndefined()
    expect(stateOf(started(1, 'a'), back('a'), started(1, 'b'))).toMatchObject({ runner: 'b', position: 3 })
  })

  it('begin with a renewed start once the first one is no longer retained', () => {
    const renewed: RunRecord = { ...(started(2, 'b') as RunRecord & { type: 'started' }), since: 5 }
    expect(stateOf(renewed)).toMatchObject({ attempt: 2, isRenewed: true, startedAt: 5 })
    expect(stateOf(started(1, 'a'), started(2, 'b'), renewed)).toMatchObject({
      position: 2,
      isRenewed: false,
    })
  })

  it('lead every reader to the same state, wherever it began to read, and never change an end', () => {
    const record = fc.oneof(
      fc.record({
        type: fc.constant('started' as const),
        attempt: fc.integer({ min: 1, max: 4 }),
        runner: fc.constantFrom('a', 'b'),
        maxAttempts: fc.constant(3),
      }),
      fc.record({
        type: fc.constant('withdrawn' as const),
        attempt: fc.integer({ min: 1, max: 4 }),
        runner: fc.constantFrom('a', 'b'),
      }),
      fc.record(
        {
          type: fc.constant('ended' as const),
          attempt: fc.integer({ min: 1, max: 4 }),
          outcome: fc.record({
            status: fc.constantFrom('completed' as const, 'stopped' as const, 'lost' as const),
          }),
        },
        { requiredKeys: ['type', 'outcome'] },
      ),
    )
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), fc.nat(12), (records, cut) => {
        let state: RunState | undefined
        for (const [index, each] of records.entries()) {
          const next = applyRecord(state, each, index + 1, index)
          if (state?.end) expect(next).toBe(state)
          if (next && state) expect(next.attempt - state.attempt).toBeGreaterThanOrEqual(0)
          expect(next?.attempt ?? 0).toBeLessThanOrEqual(3)
          state = next
        }
        // A reader that has the state at some position and applies the rest once more, from there or from earlier.
        const partial = stateOf(...records.slice(0, cut))
        const rest = records.slice(cut)
        const resumed = rest.reduce<RunState | undefined>(
          (before, each, index) => applyRecord(before, each, cut + index + 1, 1_000 + cut + index),
          partial,
        )
        expect(resumed).toEqual(stateOf(...records))
      }),
    )
  })

  it('are read from any JSON without an error, or not at all', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const record = readRecord(value)
        if (record) stateOf(record)
      }),
    )
    const text = fc.constantFrom('started', 'ended', 'withdrawn')
    const field = fc.oneof(fc.jsonValue(), fc.integer(), fc.string())
    fc.assert(
      fc.property(
        fc.record({ type: text, attempt: field, runner: field, maxAttempts: field, outcome: field }),
        (value) => {
          const record = readRecord(value)
          expect(typeof stateOf(record)?.attempt).toMatch(/number|undefined/)
        },
      ),
    )
  })
})
