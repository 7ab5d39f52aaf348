import type { StartAcceptor } from '../rows.ts'
import { startHub } from './hub.ts'

/** Of users: their limits, revocation, presence and acknowledgements are on, which `bare` has none of. */
export const start: StartAcceptor = () => startHub((token) => token)
