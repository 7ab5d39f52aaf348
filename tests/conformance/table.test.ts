import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { conformancePage, PAGE } from './table.ts'

it('docs/internals/conformance.md matches the tables of the tests', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(conformancePage())
})
