import { expect, it } from 'vitest'
import { EventLog } from './event-log.ts'

it('gives each id the place of its first arrival', () => {
  const log = new EventLog()
  expect(log.arrive('a', 1)).toEqual({ event: { index: 0, at: 1 }, isFirst: true })
  expect(log.arrive('b', 2)).toEqual({ event: { index: 1, at: 2 }, isFirst: true })
  expect(log.arrive('a', 3)).toEqual({ event: { index: 0, at: 1 }, isFirst: false })
})

it('counts what a connection lacks, up to a time', () => {
  const log = new EventLog()
  for (const [index, id] of ['a', 'b', 'c', 'd'].entries()) log.arrive(id, index * 10)
  const newest = log.newestAt(25)
  expect(newest).toEqual({ index: 2, at: 20 })
  expect(log.lacking(newest, 0, 0)).toBe(2)
  expect(log.lacking(newest, 3, 0)).toBe(0)
  expect(log.newestAt(-1)).toBeUndefined()
  expect(log.lacking(undefined, 0, 0)).toBe(0)
})

it('expects of a connection without any event only those after it opened', () => {
  const log = new EventLog()
  for (const [index, id] of ['a', 'b', 'c'].entries()) log.arrive(id, index * 10)
  const newest = log.newestAt(Infinity)
  expect(log.lacking(newest, undefined, -1)).toBe(3)
  expect(log.lacking(newest, undefined, 5)).toBe(2)
  expect(log.lacking(newest, undefined, 20)).toBe(0)
})

it('forgets the oldest ids, so that its memory is bounded', () => {
  const log = new EventLog()
  for (let id = 0; id < 20_001; id += 1) log.arrive(String(id), id)
  expect(log.arrive('0', 0).isFirst).toBe(true)
  expect(log.arrive('20000', 0)).toEqual({ event: { index: 20_000, at: 20_000 }, isFirst: false })
})
