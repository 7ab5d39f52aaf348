import { isSseError } from '@sse/contract'
import { CommandError } from '../command-error.ts'
import { EXIT } from '../exit-codes.ts'
import type { EngineAddress } from './address.ts'

/** Options of the engines, as they are called on the command line. */
const OPTIONS: Record<string, string> = { name: '--name', schema: '--schema' }

/**
 * Returns the error of an engine for the person who typed the command. Its cause stays behind: an error of a client library
 * may contain the address.
 */
export function toCommandError(error: unknown, { kind }: EngineAddress): unknown {
  if (!isSseError(error)) return error
  const message = error.message.replace(/`(\w+)`/g, (text, name) => OPTIONS[name] ?? text)
  if (error.kind === 'usage' || error.kind === 'request') {
    // The name of the function that was called means nothing on the command line.
    return new CommandError(message.replace(/^\w+: /, ''), { exitCode: EXIT.usage })
  }
  const next = nextStep(message, kind)
  return new CommandError(message, next === undefined ? {} : { next })
}

function nextStep(message: string, kind: EngineAddress['kind']): string | undefined {
  if (/does not exist/.test(message)) return 'check the path: it is relative to the current folder'
  if (/ECONNREFUSED/.test(message)) return 'start the server, or check host and port'
  if (/ENOTFOUND|EAI_AGAIN/.test(message)) return 'check the host'
  if (/over TLS: \w*(SELF_SIGNED|UNABLE_TO_VERIFY)/.test(message))
    return 'trust its authority with NODE_EXTRA_CA_CERTS=ca.pem'
  if (/requires a password/.test(message) && kind === 'postgres')
    return 'set PGPASSWORD, or put it into the address'
  return undefined
}
