// A file that failed is run once more, alone. A test that passes then depends on how busy the machine is: it is named at
// the end, as a defect to mend, and does not hold back everything else.

/** More failed files than this are no accident. */
const MOST_FILES = 6

/**
 * Returns the files of a vitest report to run again: those with a failed test, if they are few. None if anything failed
 * outside of a test.
 */
export function filesToRunAgain(report, output) {
  const files = report.testResults.filter(({ status }) => status === 'failed')
  const isOutside = /Unhandled (Error|Rejection)/.test(output)
  const hasBroken = files.some((file) => failedTests(file).length === 0)
  return isOutside || hasBroken || files.length > MOST_FILES ? [] : files.map(({ name }) => name)
}

/** Returns the report with the files of `again` in place of their first results, and the tests that passed only then. */
export function mergeReports(report, again) {
  const replaced = new Map(again.testResults.map((file) => [file.name, file]))
  const testResults = report.testResults.map((file) => replaced.get(file.name) ?? file)
  const count = (wanted) =>
    testResults.flatMap((file) => file.assertionResults).filter(({ status }) => status === wanted).length
  const failsAgain = new Set(again.testResults.flatMap(failedTests))
  return {
    merged: { ...report, testResults, numPassedTests: count('passed'), numFailedTests: count('failed') },
    flaky: report.testResults.flatMap((file) =>
      replaced.has(file.name) ? failedTests(file).filter((name) => !failsAgain.has(name)) : [],
    ),
  }
}

function failedTests(file) {
  return file.assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName)
}
