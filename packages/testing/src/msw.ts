import type { StreamContract } from '@sse/contract'
import { type HttpHandler, HttpResponse, http } from 'msw'
import type { FakeServer } from './fake-server.ts'

/**
 * Returns an MSW handler that answers with a fake server: `setupServer(streamHandler(server))`. It handles streams,
 * acknowledgements and stops at the contract's path, under any origin and prefix.
 */
export function streamHandler<Contract extends StreamContract>(server: FakeServer<Contract>): HttpHandler {
  const path = server.contract.path.replace(/\/$/, '').replaceAll('.', '\\.').replace(/:\w+/g, '[^/?]+')
  return http.all(new RegExp(`^[a-z]+://[^?]*${path}(/ack|/stop)?/?$`), async ({ request }) => {
    try {
      return (await server.fetch(request)) as HttpResponse<null>
    } catch {
      return HttpResponse.error()
    }
  })
}
