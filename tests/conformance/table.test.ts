import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { conformancePage, PAGE } from './table.ts'

it('docs/CONFORMANCE.md says what the tables say', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(conformancePage())
})
