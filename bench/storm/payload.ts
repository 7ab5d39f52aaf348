export const PAYLOAD_BYTES = 120
