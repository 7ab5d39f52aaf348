const QUOTE = 34
const BACKSLASH = 92
const MINUS = 45
const [ZERO, NINE] = [48, 57]
const [OPEN_LIST, CLOSE_LIST] = [91, 93]
const [OPEN_OBJECT, CLOSE_OBJECT] = [123, 125]

/** Levels of arrays and objects, the outermost included. */
const MAX_DEPTH = 64
const NUMBER = /-?[\d.eE+-]+/y
const COLON = /\s*:/y

/**
 * Finds what `JSON.parse` accepts in a text and changes in silence: a key that occurs twice in one object, a whole number
 * that JavaScript cannot hold, one that is infinite. Also what is nested too deeply for the code behind it.
 *
 * @param text - valid JSON.
 * @returns what is wrong; `undefined` for a text whose value is what it says.
 */
export function findJsonProblem(text: string): string | undefined {
  /** Keys of each open object; `undefined` for an array. */
  const open: (Set<string> | undefined)[] = []
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      const end = endOfString(text, at)
      const keys = open.at(-1)
      COLON.lastIndex = end
      if (keys && COLON.test(text)) {
        const key: string = JSON.parse(text.slice(at, end))
        if (keys.has(key)) return `the key ${JSON.stringify(shorten(key))} occurs twice in one object`
        keys.add(key)
      }
      at = end - 1
    } else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      if (open.length === MAX_DEPTH) return `it is nested more than ${MAX_DEPTH} levels deep`
      open.push(code === OPEN_OBJECT ? new Set() : undefined)
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      open.pop()
    } else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      NUMBER.lastIndex = at
      const [digits = ''] = NUMBER.exec(text) ?? []
      if (!isExact(digits)) {
        return `the number ${shorten(digits)} does not fit a JavaScript number: send it as a string`
      }
      at += digits.length - 1
    }
  }
  return undefined
}

/** Returns the index behind the string that starts at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let first = end
    while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1
    if ((end - first) % 2 === 0) return end + 1
  }
}

/** Fractions are rounded, as everywhere. A whole number is usually an id, and must not be. */
function isExact(digits: string): boolean {
  const value = Number(digits)
  return /^-?\d+$/.test(digits) ? Number.isSafeInteger(value) : Number.isFinite(value)
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
