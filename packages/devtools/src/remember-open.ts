const KEY = 'sse-devtools.open'

/** Returns whether the panel was open; `false` where the page has no storage. */
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
