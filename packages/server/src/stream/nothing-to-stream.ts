/** Thrown by a source that has nothing to stream, before its first event. The request is answered with 204. */
export const NOTHING_TO_STREAM: Error = new Error('There is nothing to stream')
