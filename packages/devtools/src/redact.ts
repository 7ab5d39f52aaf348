/** Names of query parameters that are likely to be secrets. Their values are never kept. */
const SECRET_NAME = /token|secret|passw|auth|api_?key|access_?key|session|signature|^(key|sig|jwt|code)$/i

const HIDDEN = '•••'

/**
 * How URLs and data are redacted before they are kept.
 *
 * - `undefined` hides the URL's password, and the values of query parameters with secret names.
 * - `true` also hides the values of all query parameters and the data of all events.
 * - A function receives each URL (after the default) and each event's data, and returns the text to keep. If it throws,
 *   the text is hidden.
 */
export type Redact = true | ((text: string, what: 'url' | 'data') => string) | undefined

export function redactUrl(text: string, redact: Redact): string {
  try {
    const url = new URL(text)
    if (url.password) url.password = HIDDEN
    for (const name of new Set(url.searchParams.keys())) {
      if (redact === true || SECRET_NAME.test(name)) url.searchParams.set(name, HIDDEN)
    }
    const shown = url.href.replaceAll(encodeURIComponent(HIDDEN), HIDDEN)
    return typeof redact === 'function' ? String(redact(shown, 'url')) : shown
  } catch {
    return HIDDEN
  }
}

/** Returns an error's message with its URLs redacted. */
export function redactMessage(message: string, redact: Redact): string {
  return message.replace(/https?:\/\/[^\s"']+/g, (url) => redactUrl(url, redact))
}

export function redactData(data: string, redact: Redact): string {
  if (redact === true) return data === '' ? '' : HIDDEN
  if (!redact) return data
  try {
    return String(redact(data, 'data'))
  } catch {
    return HIDDEN
  }
}
