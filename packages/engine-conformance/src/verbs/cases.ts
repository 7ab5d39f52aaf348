import type { EngineCase } from '../opened-engine.ts'
import { appending } from './appending.ts'
import { closing } from './closing.ts'
import { committing } from './committing.ts'
import { idempotency } from './idempotency.ts'
import { naming } from './naming.ts'
import { presence } from './presence.ts'
import { reading } from './reading.ts'
import { trimming } from './trimming.ts'
import { waking } from './waking.ts'

/** Every MUST of the interface. */
export const verbCases: readonly EngineCase[] = [
  ...appending,
  ...reading,
  ...idempotency,
  ...trimming,
  ...committing,
  ...naming,
  ...waking,
  ...presence,
  ...closing,
]
