const KEY = 'sse-devtools.open'

/** A page may be forbidden to store anything: then it is forgotten. */
export function wasOpen(): boolean {
  try {
    return localStorage.getItem(KEY) === '1'
  } catch {
    return false
  }
}

export function rememberOpen(isOpen: boolean): void {
  try {
    localStorage.setItem(KEY, isOpen ? '1' : '0')
  } catch {}
}
