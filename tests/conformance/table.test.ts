import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { conformancePage, PAGE } from './table.ts'

it('docs/CONFORMANCE.md is up to date with the tables', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(conformancePage())
})
