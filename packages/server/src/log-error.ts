import { isSseError } from '@sse/contract'
import { errorPage } from '@sse/contract/protocol'

/** Writes an error to the console, with the page that describes its code. The default of every `onError`. */
export function logError(error: unknown): void {
  const page = isSseError(error) ? errorPage(error.code) : undefined
  if (page) console.error(error, `See ${page}`)
  else console.error(error)
}
