import { expect, it } from 'vitest'
import { EventLog } from './event-log.ts'

it('gives each id the place of its first arrival', () => {
  const log = new EventLog()
  expect(log.arrive('a', 1)).toEqual({ event: { index: 0, at: 1 }, isFirst: true })
  expect(log.arrive('b', 2)).toEqual({ event: { index: 1, at: 2 }, isFirst: true })
  expect(log.arrive('a', 3)).toEqual({ event: { index: 0, at: 1 }, isFirst: false })
})

it('counts what a connection lacks of the events up to a time', () => {
  const log = new EventLog()
  for (const [index, id] of ['a', 'b', 'c', 'd'].entries()) log.arrive(id, index * 10)
  const expected = log.until(25)
  expect(expected.newest).toBe(2)
  expect(expected.countAfter(0, -1)).toBe(2)
  expect(expected.countAfter(3, -1)).toBe(0)
  expect(expected.countAfter(-1, -1)).toBe(3)
})

it('expects of a connection only events from a time on', () => {
  const log = new EventLog()
  for (const [index, id] of ['a', 'b', 'c'].entries()) log.arrive(id, index * 10)
  expect(log.until(Infinity).countAfter(-1, 5)).toBe(2)
  expect(log.until(Infinity).countAfter(0, 15)).toBe(1)
  expect(log.until(Infinity).countAfter(-1, 20)).toBe(0)
  expect(new EventLog().until(Infinity).countAfter(-1, 0)).toBe(0)
})

it('forgets the oldest ids, so that its memory is bounded', () => {
  const log = new EventLog()
  for (let id = 0; id < 20_001; id += 1) log.arrive(String(id), id)
  expect(log.arrive('0', 0).isFirst).toBe(true)
  expect(log.arrive('20000', 0)).toEqual({ event: { index: 20_000, at: 20_000 }, isFirst: false })
})
