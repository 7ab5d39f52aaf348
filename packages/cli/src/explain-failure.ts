import { isSseError } from '@sse/contract'
import { errorPage } from '@sse/contract/protocol'
import { CommandError } from './command-error.ts'
import { EXIT } from './exit-codes.ts'
import { printableLine } from './printable.ts'
import { redact } from './redact.ts'

/** What is wrong with a request, and what can be done about it. */
export interface Explanation {
  readonly message: string
  readonly next?: string
}

const CERTIFICATES =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?))$/

/** By the code of a failed connection. */
const NETWORK: Record<string, (host: string, url: URL) => Explanation> = {
  ECONNREFUSED: (host) => ({
    message: `Nothing listens on ${host}`,
    next: 'start the server, or check the port',
  }),
  ENOTFOUND: (_, { hostname }) => ({ message: `There is no host ${hostname}`, next: 'check the name' }),
  EAI_AGAIN: (_, { hostname }) => ({
    message: `The name ${hostname} cannot be looked up at the moment`,
    next: 'check the network and its DNS',
  }),
  ECONNRESET: (host) => ({
    message: `${host} closed the connection without an answer`,
    next: 'check that an HTTP server listens there, and whether it needs https://',
  }),
  ETIMEDOUT: (host) => ({
    message: `${host} does not answer`,
    next: 'check the host, the port and firewalls',
  }),
  NO_ANSWER: (host) => ({
    message: `${host} has not answered in time`,
    next: 'check the host, the port and firewalls, or wait longer with --timeout',
  }),
  CERT_HAS_EXPIRED: (host) => ({ message: `The certificate of ${host} has expired`, next: 'renew it' }),
  ERR_TLS_CERT_ALTNAME_INVALID: (host) => ({
    message: `The certificate of ${host} is for another name`,
    next: 'use a name that the certificate contains',
  }),
  NO_HTTP: (host) => ({
    message: `${host} does not speak HTTP`,
    next: 'check the port, and whether it needs https://',
  }),
  ERR_SSL_WRONG_VERSION_NUMBER: (host) => ({ message: `${host} does not speak TLS`, next: 'use http://' }),
  ERR_SSL_PACKET_LENGTH_TOO_LONG: (host) => ({ message: `${host} does not speak TLS`, next: 'use http://' }),
}
const ALIASES: Record<string, string> = {
  UND_ERR_SOCKET: 'ECONNRESET',
  EPIPE: 'ECONNRESET',
  UND_ERR_CONNECT_TIMEOUT: 'ETIMEDOUT',
  EHOSTUNREACH: 'ETIMEDOUT',
  ENETUNREACH: 'ETIMEDOUT',
}

/** By the status of a refusal. */
const STATUSES: Record<number, string> = {
  401: "sign in: -H 'authorization: Bearer …', or -H 'cookie: …'",
  403: 'use credentials that may read this stream',
  404: 'check the path, and the prefix that the router is mounted at',
  405: 'use another method: -X POST',
  406: 'this URL offers no text/event-stream: check the path',
  415: "name the body's type: -H 'content-type: application/json'",
  429: 'wait, or use fewer connections',
  502: 'the proxy in front of the server cannot reach it: check that the server runs',
  503: 'the server is full or restarts: try again',
  504: 'the proxy in front of the server gave up waiting for it',
}

/** Explains why a request for a stream failed, in words for the person who typed the command. */
export function explainFailure(error: unknown, url: URL): Explanation {
  const { host } = url
  const code = causes(error)
    .map(codeOf)
    .find((each) => each !== undefined && each in NETWORK)
  if (code !== undefined) return (NETWORK[code] as (typeof NETWORK)[string])(host, url)
  const certificate = causes(error)
    .map(codeOf)
    .find((each) => CERTIFICATES.test(each ?? ''))
  if (certificate !== undefined) {
    return {
      message: `The certificate of ${host} is signed by an authority that this machine does not trust (${certificate})`,
      next: 'trust it with NODE_EXTRA_CA_CERTS=ca.pem before the command, or, for a server of your own on this machine, NODE_TLS_REJECT_UNAUTHORIZED=0',
    }
  }
  if (!isSseError(error)) return { message: messageOf(causes(error).at(-1)) }
  if (error.code === 'content_type') {
    return {
      message: printableLine(error.message),
      next: 'check the path; a page of HTML is often a sign-in page, or the page of a router that knows no such path',
    }
  }
  if (error.code === 'http_status') {
    const detail = error.cause ? `: ${messageOf(error.cause)}` : ''
    const next = STATUSES[error.status]
    return {
      message: printableLine(`${redact(url.href)} answered ${error.status}${detail}`),
      ...(next !== undefined && { next }),
    }
  }
  // What `connect` says of an option is said of the command line.
  if (error.kind === 'usage') return { message: printableLine(error.message.replace(/^\w+: /, '')) }
  const root = causes(error).at(-1)
  const detail = root === error ? '' : `: ${messageOf(root)}`
  const page = errorPage(error.code)
  return { message: printableLine(`${error.message}${detail}`), ...(page && { next: `see ${page}` }) }
}

/** The same as an error. */
export function failureOf(error: unknown, url: URL): CommandError {
  const { message, next } = explainFailure(error, url)
  const exitCode = isSseError(error) && error.kind === 'usage' ? EXIT.usage : EXIT.failed
  return new CommandError(message, { cause: error, exitCode, ...(next !== undefined && { next }) })
}

/** An error, its cause, the cause of that … A connection to several addresses fails with several errors: the first. */
function causes(error: unknown): unknown[] {
  const chain: unknown[] = []
  for (let each: unknown = error; each !== undefined && each !== null && chain.length < 10; ) {
    chain.push(each)
    each = each instanceof AggregateError ? each.errors[0] : (each as { cause?: unknown }).cause
  }
  return chain
}

function codeOf(error: unknown): string | undefined {
  const { code, name } = error as { code?: unknown; name?: unknown }
  if (name === 'HTTPParserError' || String(code).startsWith('HPE_')) return 'NO_HTTP'
  return typeof code === 'string' ? (ALIASES[code] ?? code) : undefined
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
