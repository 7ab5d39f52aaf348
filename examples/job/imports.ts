import { defineStream, type } from '@sse/contract'

/** What the worker reports, and server and page read. */
export const imports = defineStream({
  path: '/imports/:run',
  heartbeatMs: 5_000,
  events: {
    /** `worker` is the id of the process. */
    started: type<{ worker: number; attempt: number; total: number }>(),
    progress: type<{ done: number }>(),
    skipped: type<{ line: number; reason: string }>(),
    imported: type<{ customers: number }>(),
  },
})
