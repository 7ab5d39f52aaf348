/** Schemes whose paths may contain an `@` that does not end a password. */
const WEB = /^https?:$/

/** An address as it may be printed: a password, a token before the host, and the values of the query become `***`. */
export function redact(address: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*:)\/\//i.exec(address)
  const hidden = scheme ? hideUser(address, scheme[0].length, WEB.test(scheme[1] as string)) : address
  return hidden.replace(/([?&][^=&#]+=)[^&#]*/g, '$1***')
}

/** Hides more than necessary where the address is no URL: its password may contain any character. */
function hideUser(address: string, start: number, isWeb: boolean): string {
  const isParsed = URL.canParse(address)
  const authority = isWeb && isParsed ? address.slice(start).search(/[/?#]|$/) : address.length - start
  const end = address.lastIndexOf('@', start + authority)
  if (end < start) return address
  const user = /^[^:@/?#]*:/.exec(address.slice(start, end))?.[0] ?? ''
  return `${address.slice(0, start)}${user}***${address.slice(end)}`
}

/** Text with every address in it as it may be printed. For messages of other programs. */
export function redactAll(text: string): string {
  return text.replace(/[a-z][a-z0-9+.-]*:\/\/[^\s"'`<>]+/gi, redact)
}
