import { CONTROL, END_ID, encodeComment, encodeMessage } from '@sse/contract/protocol'
import type { ControlEncoder } from './control-encoder.ts'

const COMMENT = encodeComment()
const END = encodeMessage({ event: CONTROL.end, id: END_ID })

/**
 * The dialect of this library's clients.
 *
 * @see docs/reference/protocol.md#control-events
 */
export const NATIVE = {
  headers: {},
  open: (id) => encodeMessage({ id, event: CONTROL.open }),
  heartbeat: (id) => (id === undefined ? COMMENT : encodeMessage({ id, event: CONTROL.heartbeat })),
  end: (end) => (end ? encodeMessage({ event: CONTROL.end, id: END_ID, data: JSON.stringify(end) }) : END),
  error: (error) => encodeMessage({ event: CONTROL.error, data: JSON.stringify(error) }),
  gap: (gap, id) => encodeMessage({ id, event: CONTROL.gap, data: JSON.stringify(gap) }),
  close: (_reason, retryMs) => encodeMessage({ retry: retryMs }),
} satisfies ControlEncoder
