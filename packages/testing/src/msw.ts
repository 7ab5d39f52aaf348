import type { StreamContract } from '@sse/contract'
import { type HttpHandler, HttpResponse, http } from 'msw'
import type { FakeServer } from './fake-server.ts'

/**
 * A handler for MSW that answers with a fake server: `setupServer(streamHandler(server))`. It takes the
 * contract's path, and acknowledgements, under any origin and prefix.
 */
export function streamHandler<Contract extends StreamContract>(server: FakeServer<Contract>): HttpHandler {
  const path = server.contract.path.replace(/\/$/, '').replaceAll('.', '\\.').replace(/:\w+/g, '[^/?]+')
  return http.all(new RegExp(`^[a-z]+://[^?]*${path}(/ack)?/?$`), async ({ request }) => {
    try {
      return (await server.fetch(request)) as HttpResponse<null>
    } catch {
      return HttpResponse.error()
    }
  })
}
