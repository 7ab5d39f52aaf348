import { describe, expect, it } from 'vitest'
import { filesToRunAgain, mergeReports } from './run-again.mjs'

const file = (name, tests) => ({
  name,
  status: Object.values(tests).includes('failed') ? 'failed' : 'passed',
  assertionResults: Object.entries(tests).map(([fullName, status]) => ({ fullName, status })),
})
const report = (...testResults) => ({ testResults, numPassedTests: 0, numFailedTests: 0, numPendingTests: 1 })

describe('filesToRunAgain', () => {
  const one = file('a.test.ts', { works: 'failed', counts: 'passed' })

  it('names the files with a failed test', () => {
    expect(filesToRunAgain(report(one, file('b.test.ts', { works: 'passed' })), '')).toEqual(['a.test.ts'])
  })

  it('names none if many failed, if one broke before its tests, or if an error belongs to no test', () => {
    const many = Array.from({ length: 7 }, (_, n) => file(`${n}.test.ts`, { works: 'failed' }))
    expect(filesToRunAgain(report(...many), '')).toEqual([])
    expect(filesToRunAgain(report(one, { ...file('b.test.ts', {}), status: 'failed' }), '')).toEqual([])
    expect(filesToRunAgain(report(one), '⎯⎯ Unhandled Rejection ⎯⎯')).toEqual([])
  })
})

describe('mergeReports', () => {
  const first = report(
    file('a.test.ts', { works: 'failed', counts: 'failed' }),
    file('b.test.ts', { works: 'passed', skips: 'skipped' }),
  )

  it('counts the second results, and names the tests that passed only then', () => {
    const { merged, flaky } = mergeReports(
      first,
      report(file('a.test.ts', { works: 'passed', counts: 'failed' })),
    )
    expect(flaky).toEqual(['works'])
    expect(merged).toMatchObject({ numPassedTests: 2, numFailedTests: 1, numPendingTests: 1 })
  })
})
