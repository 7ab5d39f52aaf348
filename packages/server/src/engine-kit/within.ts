/**
 * Settles as `work` does, or rejects with the error of `onTimeout` after `ms` milliseconds. The work itself is not
 * cancelled: `onTimeout` is the place to do that.
 */
export function within<Value>(ms: number, work: Promise<Value>, onTimeout: () => Error): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(onTimeout()), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
