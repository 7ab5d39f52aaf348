import { diag } from '@opentelemetry/api'

/** Runs a task of telemetry. What it throws is logged, and never reaches the stream. */
export function quietly<Result>(task: () => Result): Result | undefined {
  try {
    return task()
  } catch (error) {
    try {
      diag.error('@sse/otel', error)
    } catch {
      // The app's logger throws too.
    }
    return undefined
  }
}
