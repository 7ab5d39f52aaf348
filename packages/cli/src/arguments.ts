import { CommandError } from './command-error.ts'
import { EXIT } from './exit-codes.ts'
import { redact } from './redact.ts'

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const
/** Longest delay of a Node timer. */
const MAX_TIMER_MS = 2_147_483_647

/** Reads a duration, such as `500ms`, `30s`, `5m` or `1h`, in milliseconds. @throws {CommandError} */
export function parseDuration(text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? []
  const ms = Math.round(Number(digits) * UNITS[unit as keyof typeof UNITS])
  if (ms > 0 && ms <= MAX_TIMER_MS) return ms
  throw wrong(`"${text}" is not a duration`, 'write a number and a unit, such as 500ms, 30s, 5m or 1h')
}

/** Reads a whole number from 1. @throws {CommandError} */
export function parseCount(text: string): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= 1 && Number.isSafeInteger(count)) return count
  throw wrong(`"${text}" is not a whole number from 1`)
}

/** Reads the URL of a stream. @throws {CommandError} */
export function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/.test(url.protocol)) {
    if (!url.username && !url.password) return url
    const next = "use a header: -H 'authorization: Basic …'"
    throw wrong(`${redact(text)} contains a user: requests cannot send it`, next)
  }
  const guess = `http://${text}`
  const isBare = /^(localhost|[\w.-]+\.[\w-]+|\[[\da-f:]+\]|[\w-]+(?=:\d))(:\d+)?(\/|$)/i.test(text)
  const next =
    isBare && URL.canParse(guess) ? `did you mean ${redact(guess)}?` : 'such as http://localhost:3000/leads'
  throw wrong(`"${redact(text)}" is not an http:// or https:// URL`, next)
}

/** Reads the origin of a page, such as `https://app.example`. A path after it is ignored. @throws {CommandError} */
export function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/.test(url.protocol)) return url.origin
  throw wrong(`"${redact(text)}" is not an origin`, 'such as https://app.example')
}

/** Adds a header, such as `authorization: Bearer …`, to those read before. Messages never contain its value. */
export function parseHeader(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const colon = text.indexOf(':')
  const name = text.slice(0, colon).trim().toLowerCase()
  const value = text.slice(colon + 1).trim()
  if (colon < 0 || name === '')
    throw wrong('A header needs a name and a value', "such as -H 'authorization: Bearer …'")
  try {
    new Headers({ [name]: value })
  } catch {
    const next = 'names have no spaces, values no line breaks and no characters beyond Latin-1'
    throw wrong(`The header "${name}" cannot be sent`, next)
  }
  const joined = before[name] === undefined ? value : `${before[name]}, ${value}`
  return { ...before, [name]: joined }
}

/** Adds a text to those read before, for an option that may be repeated. */
export function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text]
}

/** The command line is wrong. */
function wrong(message: string, next?: string): CommandError {
  return new CommandError(message, { exitCode: EXIT.usage, ...(next !== undefined && { next }) })
}
