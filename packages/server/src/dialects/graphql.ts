import type { StreamDialect } from './control-encoder.ts'
import { defineDialect } from './define-dialect.ts'
import type { DialectEvents, PublicError } from './dialect.ts'

const COMPLETE = { event: 'complete' }

/**
 * The dialect of GraphQL over SSE in distinct connections mode, for `graphql-sse`: the contract has one event, `next`,
 * whose payload is an execution result. A failure is a result with `errors`. A connection that the server closes ends
 * without `complete`, and the client subscribes again.
 *
 * @see https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverSSE.md
 */
export function graphql(): StreamDialect {
  return GRAPHQL
}

const GRAPHQL: StreamDialect = /* @__PURE__ */ defineDialect({
  end(end): DialectEvents {
    if (end?.status !== 'failed' && end?.status !== 'lost') return COMPLETE
    const { code = end.status, message = 'The run was interrupted' } = end
    return [next({ code, message }), COMPLETE]
  },
  error: (error) => [next(error), COMPLETE],
  gap: ({ reason }) => next({ code: 'gap', message: `Events are missing: ${reason}` }),
})

function next({ code, message }: PublicError): { event: string; data: unknown } {
  return { event: 'next', data: { errors: [{ message, extensions: { code } }] } }
}
