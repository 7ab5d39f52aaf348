type Stop = () => void

/** Starts an observation at most once for each target and provider, so that nothing is counted twice. */
export class OncePer {
  readonly #running = new WeakMap<object, Map<object | undefined, Stop>>()

  /** Returns the function that stops the observation, also if an earlier call has started it. Idempotent. */
  start(target: object, provider: object | undefined, start: () => Stop): Stop {
    const running = this.#running.get(target) ?? new Map<object | undefined, Stop>()
    this.#running.set(target, running)
    const known = running.get(provider)
    if (known) return known
    const stop = start()
    const stopOnce = () => {
      if (running.get(provider) !== stopOnce) return
      running.delete(provider)
      stop()
    }
    running.set(provider, stopOnce)
    return stopOnce
  }
}
