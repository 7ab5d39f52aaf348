import { unref } from '../timing/periodic.ts'

/**
 * Settles as `work` does, or rejects with the error of `onTimeout` after `ms` milliseconds. The work itself is not
 * cancelled: `onTimeout` is the place to do that. The timer does not keep a process running.
 */
export function within<Value>(ms: number, work: Promise<Value>, onTimeout: () => Error): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(onTimeout()), ms)
    unref(timer)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
