import { expect, it } from 'vitest'
import { unchunk } from './unchunk.ts'

it('joins the chunks of a body', () => {
  expect(unchunk('3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n')).toBe('abc0123456789')
})

it('stops at the end of an unfinished body', () => {
  expect(unchunk('3\r\nabc\r\n5\r\nde')).toBe('abcde')
})
