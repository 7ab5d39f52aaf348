import { hub } from './hub'

// Before it ends, `next start` waits for its connections. A stream does not end by itself.
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => hub.drain())
