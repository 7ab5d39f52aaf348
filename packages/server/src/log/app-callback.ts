import { isThenable } from '../timing/is-thenable.ts'

/** Calls a function of the app. Passes what it throws, or what its promise rejects with, to `onError`. */
export function callApp(call: () => unknown, onError: (error: unknown) => void): void {
  try {
    const result = call()
    if (isThenable(result)) result.then(undefined, onError)
  } catch (error) {
    onError(error)
  }
}
