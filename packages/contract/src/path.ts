import { SseError } from './error.ts'

type ParamName<Path extends string> = string extends Path
  ? string
  : Path extends `${string}:${infer Rest}`
    ? Rest extends `${infer Name}/${infer Tail}`
      ? Name | ParamName<Tail>
      : Rest
    : never

/** The parameters of a path: `PathParams<'/leads/:owner'>` is `{ readonly owner: string }`. */
export type PathParams<Path extends string> = { readonly [Name in ParamName<Path>]: string }

const LITERAL = /^[\w.~-]+$/
const PARAM = /^:[A-Za-z_]\w*$/

/**
 * Checks a contract's path at definition time. Only syntax that all supported routers read alike is allowed.
 *
 * @throws {SseError} `contract_invalid` naming the segment and what to write instead.
 */
export function checkPath(path: unknown): asserts path is string {
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw invalid(`path must be a string that starts with "/", such as "/leads/:owner", not ${show(path)}`)
  }
  if (path === '/') return
  const names = new Set<string>()
  for (const segment of path.slice(1).split('/')) {
    if (segment === '')
      throw invalid(`path "${path}" has an empty segment; write it without "//" or a final "/"`)
    if (segment.startsWith(':')) {
      if (!PARAM.test(segment)) {
        throw invalid(
          `path "${path}": "${segment}" is not a parameter; write ":name" with letters, digits and "_"`,
        )
      }
      if (names.has(segment)) throw invalid(`path "${path}" names "${segment}" twice; give each its own name`)
      names.add(segment)
    } else if (!LITERAL.test(segment)) {
      throw invalid(
        `path "${path}": segment "${segment}" may contain letters, digits and "-._~"; patterns and queries are not part of a contract`,
      )
    } else if (segment === '.' || segment === '..') {
      throw invalid(`path "${path}" must not contain "${segment}" segments`)
    }
  }
}

/**
 * Builds a path with its parameters, each percent-encoded.
 *
 * @throws {SseError} `param_missing` when a parameter is absent, empty, or `.` or `..`, which would change the
 * path around it.
 */
export function buildPath(path: string, params: Readonly<Record<string, string>> = {}): string {
  return path.replace(/:(\w+)/g, (_, name: string) => {
    const value: unknown = Object.hasOwn(params, name) ? params[name] : undefined
    if (/^\.{0,2}$/.test(String(value ?? ''))) {
      throw new SseError(
        'param_missing',
        `Path "${path}" needs the parameter "${name}", not ${JSON.stringify(value)}`,
      )
    }
    return encodeURIComponent(String(value))
  })
}

/**
 * Reads the parameters from the last segments of a URL's pathname, so that a handler works under any prefix.
 *
 * @returns the decoded parameters, or `undefined` when the pathname does not match.
 */
export function matchPath(path: string, pathname: string): Record<string, string> | undefined {
  return matchSegments(splitPath(path), splitPath(pathname))
}

/** Returns the segments of a path, without those that are empty. */
export function splitPath(path: string): string[] {
  const segments = path.split('/')
  return segments.filter((segment, index) => index > 0 && segment !== '')
}

/** `matchPath` for paths that are split already: a server splits those of its streams once. */
export function matchSegments(
  wanted: readonly string[],
  given: readonly string[],
): Record<string, string> | undefined {
  // With no segments, every pathname would match: "/" matches only itself.
  if (given.length < wanted.length || (wanted.length === 0 && given.length > 0)) return undefined
  const params: Record<string, string> = {}
  let index = given.length - wanted.length
  for (const segment of wanted) {
    const value = decode(given[index] as string)
    if (value === undefined) return undefined
    if (segment.startsWith(':')) params[segment.slice(1)] = value
    else if (segment !== value) return undefined
    index += 1
  }
  return params
}

function decode(segment: string): string | undefined {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

function invalid(message: string): SseError {
  return new SseError('contract_invalid', `defineStream: ${message}`)
}

function show(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : String(value)
}
