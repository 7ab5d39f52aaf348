/**
 * Sums vitest's JSON reports. A file that broke before its first test counts as one failure. There are never fewer than
 * `failedSteps`: an error outside of any test, or a linter's complaint, stands in no report.
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
