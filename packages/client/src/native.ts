import { type Connect, connectWith } from './feed/connect.ts'
import { nativeTransport } from './transport/native-transport.ts'

/**
 * `connect` of `@sse/client` over the browser's own `EventSource`, without the code of the fetch transport. See
 * `nativeTransport` for its limits.
 *
 * @throws {SseError} `option_invalid`, `param_missing`.
 */
export const connect: Connect = connectWith(nativeTransport)

export { nativeTransport } from './transport/native-transport.ts'
