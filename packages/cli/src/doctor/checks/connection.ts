import { isIP } from 'node:net'
import { redact } from '../../redact.ts'
import { type Check, ok, problem, unknown, warning } from '../check.ts'
import { seconds } from '../timing.ts'

const connection: Check = {
  id: 'connection',
  title: 'Connection',
  meaning: 'The host answers, and its certificate is trusted.',
  fix: 'Start the server, or correct the address. For a certificate: use one that browsers trust, with all intermediate certificates; `--insecure` checks the rest all the same.',
  docs: 'docs/guides/doctor.md',
  judge({ failure, main, headAnswer }) {
    const head = main?.head ?? headAnswer
    if (failure?.kind === 'interrupted') return unknown(failure.message)
    if (failure?.kind === 'connection' || (failure?.kind === 'silent' && !head))
      return problem(failure.message, failure.fix)
    if (!head) return undefined
    if (head.untrusted !== undefined)
      return warning(`The certificate is not trusted (${head.untrusted}): browsers refuse it`)
    return ok(head.url.protocol === 'https:' ? 'The certificate is trusted' : `Connected to ${head.url.host}`)
  },
}

const redirects: Check = {
  id: 'redirects',
  title: 'Redirects',
  meaning:
    'The URL answers itself. Every reconnect repeats a redirect, credentials do not follow one to another origin, and a browser applies CORS to each step.',
  fix: 'Give clients the address at the end of the redirects. A common cause is a router that adds or removes a slash at the end.',
  docs: 'docs/guides/other-clients.md',
  judge({ hops, failure, headerNames }) {
    if (failure?.kind === 'redirects') return problem(failure.message)
    const first = hops[0]
    const last = hops.at(-1)
    if (!first || !last) return failure ? undefined : ok('None')
    const chain = `${first.status} to ${redact(last.to.href)}${hops.length > 1 ? ` in ${hops.length} steps` : ''}`
    const leaves = hops.some(({ from, to }) => from.origin !== to.origin)
    if (!leaves) return warning(chain)
    const withheld =
      headerNames.length > 0 ? `; your headers (${headerNames.join(', ')}) were not sent there` : ''
    return problem(`${chain}, another origin${withheld}`)
  },
}

const httpVersion: Check = {
  id: 'http-version',
  title: 'HTTP version',
  meaning:
    'With HTTP/1.1 a browser opens at most six connections to a host, for all tabs together: the seventh stream, and every other request, waits. HTTP/2 has one connection for all.',
  fix: 'Serve HTTP/2 over TLS, in nginx `listen 443 ssl; http2 on;`, or share one connection among tabs.',
  docs: 'docs/guides/tabs.md',
  judge({ main, headAnswer }) {
    const head = main?.head ?? headAnswer
    if (!head) return undefined
    const offersHttp3 = /\bh3\b/.test(head.headers['alt-svc'] ?? '')
    if (head.protocol === 'HTTP/2') return ok(offersHttp3 ? 'HTTP/2, and HTTP/3 is offered' : 'HTTP/2')
    const limit = 'a browser opens at most six connections to this host'
    if (head.protocol === 'HTTP/1.0')
      return warning(
        'HTTP/1.0: a client cannot tell a complete response from one that broke off',
        'In nginx: `proxy_http_version 1.1;`. In another server, turn HTTP/1.1 on.',
      )
    if (offersHttp3) return ok('HTTP/1.1 here; browsers switch to HTTP/3, which is offered')
    if (head.url.protocol === 'http:' && isLoopback(head.url.hostname))
      return ok('HTTP/1.1, as usual on your own machine. Check the public address too')
    return warning(`${head.protocol}: ${limit}`)
  },
}

const clock: Check = {
  id: 'clock',
  title: 'Clock',
  meaning:
    "The server's `Date` agrees with this machine's clock. Otherwise tokens that expire are refused, or accepted too long.",
  fix: 'Synchronize both clocks (NTP, `timedatectl status`).',
  docs: 'docs/guides/tokens-and-sessions.md',
  judge({ main, headAnswer }, { clockMs }) {
    const head = main?.head ?? headAnswer
    const date = Date.parse(head?.headers.date ?? '')
    if (!head || Number.isNaN(date)) return undefined
    // The header has whole seconds, and any moment between request and response is right.
    const early = head.requestedAt - 1_000 - date
    const late = date - (head.requestedAt + head.headersMs)
    const offMs = Math.max(early, late, 0)
    if (offMs <= clockMs)
      return ok(offMs < 1_000 ? 'Agrees with this machine' : `Differs by ${seconds(offMs)}`)
    return warning(
      `The server's clock is ${seconds(offMs)} ${early > 0 ? 'behind' : 'ahead of'} this machine's`,
    )
  },
}

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '::1' ||
    (isIP(host) === 4 && host.startsWith('127.'))
  )
}

export const CONNECTION_CHECKS: readonly Check[] = [connection, redirects, httpVersion, clock]
