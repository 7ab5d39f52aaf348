import { CommandError } from '../command-error.ts'
import { EXIT } from '../exit-codes.ts'
import { redact } from '../redact.ts'

export type EngineKind = 'sqlite' | 'redis' | 'nats' | 'postgres'

/** Where a hub's log is. */
export interface EngineAddress {
  readonly kind: EngineKind
  /** Path of a file, or URL of a server with its credentials. */
  readonly target: string
  /** The address as it may be printed. */
  readonly shown: string
}

const KINDS: Record<string, EngineKind> = {
  sqlite: 'sqlite',
  redis: 'redis',
  rediss: 'redis',
  nats: 'nats',
  tls: 'nats',
  postgres: 'postgres',
  postgresql: 'postgres',
}
const EXAMPLES =
  'such as sqlite:leads.db, redis://localhost:6379, nats://localhost:4222 or postgres://localhost/app'

/** Reads the address of an engine. @throws {CommandError} */
export function parseEngineAddress(text: string): EngineAddress {
  const shown = redact(text)
  const [, scheme = '', rest = ''] = /^([a-z]+):(.*)$/is.exec(text) ?? []
  const kind = KINDS[scheme.toLowerCase()]
  if (kind === 'sqlite') {
    const target = rest.replace(/^\/\/(?=\/|\.)/, '').replace(/^\/\//, '')
    if (target !== '') return { kind, target, shown }
    throw wrong(`"${shown}" names no file`, 'such as sqlite:leads.db')
  }
  if (kind) {
    if (URL.canParse(text) && new URL(text).host !== '') return { kind, target: text, shown }
    const next = 'percent-encode what a password contains besides letters and digits, such as %40 for @'
    throw wrong(`"${shown}" is not a valid address`, next)
  }
  throw wrong(`"${shown}" is not the address of an engine`, hint(text, scheme))
}

function hint(text: string, scheme: string): string {
  if (/^https?$/i.test(scheme)) return 'for the URL of a stream, use sse tail'
  if (/^memory(\(\))?$/i.test(text)) return "memory() lives in its app's process: there, hub.stats() shows it"
  if (/\.(db|sqlite3?)$/i.test(text)) return `did you mean sqlite:${text}?`
  return EXAMPLES
}

function wrong(message: string, next: string): CommandError {
  return new CommandError(message, { exitCode: EXIT.usage, next })
}
