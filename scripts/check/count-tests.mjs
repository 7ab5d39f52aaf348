/**
 * Sums vitest's JSON reports. A file that broke before its first test counts as one failure, and so does each of
 * `failedSteps` that no test tells of: an error outside of any test, a linter's complaint.
 */
export function countTests(reports, failedSteps = 0) {
  let passed = 0
  let failed = 0
  for (const report of reports) {
    passed += report.numPassedTests
    failed += report.numFailedTests
    for (const file of report.testResults) {
      if (file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'))
        failed += 1
    }
  }
  return `${passed} passed, ${Math.max(failed, failedSteps)} failed`
}
