import { expect, it } from 'vitest'
import { parseEvents } from './parse-events.ts'

it('reads id, name and data of each block', () => {
  expect(parseEvents('id: 1\nevent: lead\ndata: {"a": 1}\n\ndata: x\n\n')).toEqual([
    { id: '1', event: 'lead', data: '{"a": 1}' },
    { id: undefined, event: 'message', data: 'x' },
  ])
})

it('joins data lines with a line end and removes one space of each', () => {
  expect(parseEvents('data: a\ndata:  b\ndata:\n\n')[0]?.data).toBe('a\n b\n')
})

it('leaves out comments and blocks without data', () => {
  expect(parseEvents(':\n\nretry: 10\n\nid: 1\n\n: comment\ndata: a\n\n')).toEqual([
    { id: undefined, event: 'message', data: 'a' },
  ])
})
