import { SSE_ERRORS } from './error-codes.ts'

/** Page with the cause and the fix of every code. It becomes an address once the site has one. */
const ERRORS_PAGE = 'docs/reference/errors.md'

/** Returns where a code is described: page and anchor. `undefined` for a code that an app defines. */
export function errorPage(code: string): string | undefined {
  return Object.hasOwn(SSE_ERRORS, code) ? `${ERRORS_PAGE}#${code}` : undefined
}
