import type { Gap } from '@sse/contract'
import { CONTROL, END_ID, encodeComment, encodeMessage } from '@sse/contract/protocol'
import type { ControlEncoder } from './control-encoder.ts'

const COMMENT = encodeComment()
const END = encodeMessage({ event: CONTROL.end, id: END_ID })

/**
 * The dialect of this library's clients.
 *
 * @see docs/reference/protocol.md#control-events
 */
export const NATIVE: ControlEncoder = {
  headers: {},
  open: (id) => encodeMessage({ id, event: CONTROL.open }),
  heartbeat: (id) => (id === undefined ? COMMENT : encodeMessage({ id, event: CONTROL.heartbeat })),
  end: (end) => (end ? encodeMessage({ event: CONTROL.end, id: END_ID, data: JSON.stringify(end) }) : END),
  error: (error) => encodeMessage({ event: CONTROL.error, data: JSON.stringify(error) }),
  gap: encodeGap,
  close: (_reason, retryMs) => encodeMessage({ retry: retryMs }),
}

/** Returns the frame of a gap in the native dialect. */
export function encodeGap(gap: Gap, id: string): string {
  return encodeMessage({ id, event: CONTROL.gap, data: JSON.stringify(gap) })
}
