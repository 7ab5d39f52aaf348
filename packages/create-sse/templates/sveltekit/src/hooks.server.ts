import { hub } from '#lib/server/hub.ts'
import { building, dev } from '$app/env'

// Before it ends, the server waits 30 seconds for its connections. A stream does not end by itself.
if (!dev && !building) {
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => hub.drain())
}
