import type { Attack } from '../attack.ts'
import { encodeGets, writeEach } from '../raw-socket.ts'
import { scaled } from '../scale.ts'
import type { EngineName } from '../server-parameters.ts'
import { BURST_EXPECTATIONS, burst, reconnect, startOnLargeLog } from './history.ts'

const SERVERS: readonly EngineName[] = ['redis', 'postgres']
const SIZES = [20_000, 200_000, 1_000_000]
/** Bytes of history that a client resumes. */
const HISTORY_BYTES = 40_000_000

/** What can only happen to an engine with connections: history before live events on one of them. */
export const storms: readonly Attack[] = SERVERS.flatMap((engine) => [
  ...SIZES.map(
    (bytes): Attack => ({
      name: `delivers live events in time while a client resumes ten times a second on ${bytes / 1_000} KB from ${engine}`,
      isLarge: true,
      server: { engine, preload: { count: HISTORY_BYTES / bytes, bytes } },
      run: (context) => reconnect(context, scaled(3_000)),
      holdMs: 0,
      expectations: { connections: 2 },
    }),
  ),
  {
    name: `shares pages of ${engine} among sockets that read nothing`,
    isLarge: true,
    server: { engine, preload: { count: 800, bytes: 60_000 } },
    run: async ({ openAll, oldId }) => {
      const sockets = await openAll(scaled(40), { isReading: false })
      writeEach(sockets, (index) => encodeGets([`silent-${index}`], oldId))
    },
    expectations: { connections: scaled(40) },
  },
  {
    name: `fills the ring of a new process by bytes when ${engine} has many large events`,
    isLarge: true,
    server: { engine, preload: { count: 1_000, bytes: 1_000_000 } },
    run: startOnLargeLog,
    holdMs: 0,
    // Another process starts on one of two cores.
    expectations: { acceptedP50Ms: 100 },
  },
  {
    name: `stores many events of 1 MB and a small one that are published to ${engine} in one turn`,
    isLarge: true,
    server: { engine },
    run: burst,
    holdMs: 0,
    expectations: BURST_EXPECTATIONS,
  },
])
