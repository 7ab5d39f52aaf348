import { SseError } from '@sse/contract'
import { within } from '../engine-kit/within.ts'
import { engineError } from '../log/checked-engine.ts'
import type { PresenceStore } from '../log/engine.ts'

/** How long a call may take. A last resort: engines have limits of their own, which are shorter. */
const DEADLINE_MS = 30_000

/** Wraps a store so that every call settles, and rejects with an `SseError`. */
export function checkedPresence(store: PresenceStore): PresenceStore {
  return {
    enter: (process, members, ttlMs) => call('enter', async () => store.enter(process, members, ttlMs)),
    leave: (process, members) => call('leave', async () => store.leave(process, members)),
    touch: (process, ttlMs) => call('touch', async () => store.touch(process, ttlMs)),
    present: (channel) =>
      call('present', async () => {
        const identities = await store.present(channel)
        if (!Array.isArray(identities)) throw new TypeError('the identities present are not an array')
        return identities.filter((identity) => typeof identity === 'string')
      }),
  }
}

async function call<Result>(verb: string, run: () => Promise<Result>): Promise<Result> {
  const late = () =>
    new SseError('engine_unavailable', `The engine has not answered ${verb} for ${DEADLINE_MS} ms`)
  try {
    return await within(DEADLINE_MS, run(), late)
  } catch (error) {
    throw engineError(error, verb)
  }
}
