/** Longer ones are written in base64, which takes four thirds of a byte instead of up to three characters. */
const MAX_READABLE = 256

/**
 * A name as one token of a subject: percent-encoded, or `~` and base64url when that is long. What comes out holds no
 * dot, wildcard or space, and has at most 1,025 characters for the 256 of a name, so that three of them fit a line of
 * the protocol (4,096 bytes).
 */
export function toToken(name: string): string {
  if (/^[\w-]{1,256}$/.test(name)) return name
  const readable = encodeURIComponent(name).replace(/[.*~]/g, (sign) => ESCAPES[sign] as string)
  return readable.length <= MAX_READABLE ? readable : `~${Buffer.from(name).toString('base64url')}`
}

export function fromToken(token: string): string {
  if (token.startsWith('~')) return Buffer.from(token.slice(1), 'base64url').toString()
  return token.includes('%') ? decodeURIComponent(token) : token
}

const ESCAPES: Record<string, string> = { '.': '%2E', '*': '%2A', '~': '%7E' }
