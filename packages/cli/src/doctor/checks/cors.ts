import { type Check, ok, problem, unknown, warning } from '../check.ts'
import { isEventStream, type Observations, type ResponseHead } from '../observations.ts'

/** The head to judge, if a page of another origin is to read it. */
function crossOriginHead({
  origin,
  main,
  headAnswer,
}: Observations): (ResponseHead & { origin: string }) | undefined {
  const head = main?.head ?? headAnswer
  return head && isEventStream(head) && origin !== undefined && origin !== head.url.origin
    ? { ...head, origin }
    : undefined
}

const cors: Check = {
  id: 'cors',
  title: 'CORS',
  meaning: 'A page of another origin may read the stream. Checked for the origin that `--origin` names.',
  fix: "Answer with `access-control-allow-origin` and the page's origin, also to refusals.",
  docs: 'docs/reference/client.md',
  judge(seen) {
    const { origin, main, headAnswer } = seen
    const answer = main?.head ?? headAnswer
    if (!answer || !isEventStream(answer)) return undefined
    if (origin === undefined) return unknown('Not checked', 'Name the page: --origin https://app.example.')
    const head = crossOriginHead(seen)
    if (!head) return ok('The page has the same origin')
    const allowed = head.headers['access-control-allow-origin']
    if (allowed === undefined)
      return problem(`No access-control-allow-origin: pages of ${origin} get nothing`)
    if (allowed.includes(','))
      return problem(
        `access-control-allow-origin is set twice: ${allowed}`,
        'Let the proxy or the app set it, not both.',
      )
    if (allowed !== '*' && allowed !== origin)
      return problem(`access-control-allow-origin is ${allowed}, not ${origin}`)
    return ok(`access-control-allow-origin: ${allowed}`)
  },
}

const credentials: Check = {
  id: 'cors-credentials',
  title: 'CORS with cookies',
  meaning:
    'With cookies, the answer must name the origin instead of `*`, and caches must know that it differs by origin.',
  fix: "Answer with the page's origin, `access-control-allow-credentials: true` and `vary: origin`; without cookies, leave the second away.",
  docs: 'docs/guides/tokens-and-sessions.md',
  judge(seen) {
    const head = crossOriginHead(seen)
    const allowed = head?.headers['access-control-allow-origin']
    if (!head || allowed === undefined || allowed.includes(',')) return undefined
    const allowsCookies = head.headers['access-control-allow-credentials'] === 'true'
    if (allowed === '*' && allowsCookies)
      return problem(
        'access-control-allow-credentials with access-control-allow-origin: *: browsers refuse both together',
      )
    if (seen.headerNames.includes('cookie') && !allowsCookies)
      return problem(
        'The stream needs your cookie, and access-control-allow-credentials is not set: pages get nothing',
      )
    if (allowed !== '*' && !/(^|[\s,])(origin|\*)([\s,]|$)/i.test(head.headers.vary ?? ''))
      return warning(
        'The answer names the origin without vary: origin: a cache may give it to another one',
        'Set `vary: origin`.',
      )
    return ok(allowsCookies ? 'Allowed for this origin' : 'Without cookies')
  },
}

const preflight: Check = {
  id: 'cors-preflight',
  title: 'CORS preflight',
  meaning:
    'A client that reconnects with fetch asks first whether it may send `Last-Event-ID`, and headers such as `authorization`.',
  fix: 'Answer OPTIONS with 204, `access-control-allow-origin` and `access-control-allow-headers: last-event-id, authorization`, before the check for credentials.',
  docs: 'docs/reference/client.md',
  judge(seen) {
    const head = crossOriginHead(seen)
    if (!head) return undefined
    const answer = seen.preflight
    if (!answer) return problem('OPTIONS got no response')
    if (answer.status < 200 || answer.status > 299)
      return problem(`OPTIONS is answered with ${answer.status}`)
    const allowedOrigin = answer.headers['access-control-allow-origin']
    if (allowedOrigin !== '*' && allowedOrigin !== head.origin)
      return problem(`The answer to OPTIONS has no access-control-allow-origin for ${head.origin}`)
    const allowed = (answer.headers['access-control-allow-headers'] ?? '').toLowerCase().split(/\s*,\s*/)
    const withCookies = seen.headerNames.includes('cookie')
    const wanted = ['last-event-id', ...seen.headerNames.filter((name) => name !== 'cookie')]
    // `*` never means authorization, and means nothing together with cookies.
    const missing = wanted.filter(
      (name) =>
        !allowed.includes(name) && !(allowed.includes('*') && name !== 'authorization' && !withCookies),
    )
    if (missing.length > 0)
      return problem(`access-control-allow-headers lacks ${missing.join(', ')}: reconnects fail`)
    return ok(`Allows ${wanted.join(', ')}`)
  },
}

export const CORS_CHECKS: readonly Check[] = [cors, credentials, preflight]
