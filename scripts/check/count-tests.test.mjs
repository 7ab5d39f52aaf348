import { expect, it } from 'vitest'
import { countTests } from './count-tests.mjs'

const report = (numPassedTests, numFailedTests, testResults = []) => ({
  numPassedTests,
  numFailedTests,
  testResults,
})

it('several runs are one sum', () => {
  expect(countTests([report(2, 1), report(3, 0)])).toBe('5 passed, 1 failed')
})

it('a file that does not load is a failure', () => {
  expect(countTests([report(2, 0, [{ status: 'failed', assertionResults: [] }])])).toBe('2 passed, 1 failed')
})

it('a failed test is not counted again for its file', () => {
  const file = { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] }
  expect(countTests([report(1, 1, [file])])).toBe('1 passed, 1 failed')
})

it('a step that failed for another reason than a test is a failure', () => {
  expect(countTests([report(2, 0)], 1)).toBe('2 passed, 1 failed')
  expect(countTests([report(1, 1)], 1)).toBe('1 passed, 1 failed')
})
