import { fetchTransport } from '@sse/client'
import { nativeTransport } from '@sse/client/native'
import type { Transport } from '@sse/client/transport'
import { xhrTransport } from '@sse/client/xhr'
import { classTransport } from '../conformance/class-transport.ts'
import { type Collected, collect } from '../conformance/collect.ts'
import { type Dispatched, PARSING } from '../conformance/parsing.ts'
import { RESPONSES } from '../conformance/responses.ts'
import { Script } from '../support/script-client.ts'

/** What one transport made of each case, by its name. */
export interface PageResult {
  parsing: Record<string, Dispatched[]>
  responses: Record<string, 'open' | 'ended' | 'http_status' | 'content_type'>
}

const transports: Record<string, Transport> = {
  fetch: fetchTransport,
  XMLHttpRequest: xhrTransport,
  'EventSource class': classTransport,
  'native WebKit': nativeTransport,
}

/** Runs all cases on all transports; a browser without a test runner in it can do that too. */
export async function runInPage(origin: string): Promise<Record<string, PageResult>> {
  const results: Record<string, PageResult> = {}
  for (const [name, transport] of Object.entries(transports)) {
    const result: PageResult = { parsing: {}, responses: {} }
    for (const { name, stream } of PARSING.filter(({ stream }) => stream.length < 10_000)) {
      const chunks = typeof stream === 'string' ? [stream] : stream
      result.parsing[name] = (
        await collect(transport, new Script(origin, [{ chunks }, { status: 204 }]).url)
      ).events
    }
    for (const { name, response, outcome } of RESPONSES) {
      const plan = outcome === 'open' ? [response, { status: 204 }] : [response]
      result.responses[name] = outcomeOf(await collect(transport, new Script(origin, plan).url))
    }
    results[name] = result
  }
  return results
}

function outcomeOf({ isOpened, end }: Collected): PageResult['responses'][string] {
  if (isOpened) return 'open'
  if (typeof end === 'string') return 'ended'
  return end.code as 'http_status' | 'content_type'
}
