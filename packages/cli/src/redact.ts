/** An address as it may be printed: a password and the values of the query become `***`. */
export function redact(address: string): string {
  return address
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#]*?:)[^/?#]*@/i, '$1***@')
    .replace(/([?&][^=&#]+=)[^&#]*/g, '$1***')
}
