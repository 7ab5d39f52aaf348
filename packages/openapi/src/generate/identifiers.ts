/** Words that cannot name a constant, and globals that a generated file uses. */
const RESERVED = new Set(
  'await break case catch class const continue debugger default delete do else enum export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield arguments eval undefined NaN Infinity async of type z text defineStream Record Partial Array Object String Number Boolean'.split(
    ' ',
  ),
)

/** Gives out names for the constants and types of one file: each is an identifier, and each only once. */
export class Identifiers {
  readonly #taken = new Set<string>()

  /** Returns `wanted`, or with a number behind it if it is taken. */
  take(wanted: string): string {
    const base = RESERVED.has(wanted) || wanted === '' ? `${wanted}Stream` : wanted
    let name = base
    // The compiler tells `lead` from `Lead`; some file systems and people do not.
    for (let n = 2; this.#taken.has(name.toLowerCase()); n += 1) name = `${base}${n}`
    this.#taken.add(name.toLowerCase())
    return name
  }
}

/** `/leads/{owner}` is `leadsByOwner`. */
export function nameOfPath(path: string): string {
  const words = path.split('/').filter(Boolean)
  const name = words.map((word) => (word.startsWith('{') ? `By${pascal(word)}` : pascal(word))).join('')
  return camel(name || 'Root')
}

/**
 * Makes a name of ASCII letters and digits that starts with a capital letter, with capital letters after digits: what
 * json-schema-to-typescript leaves as it is.
 */
export function pascal(text: string): string {
  const name = text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
    .replace(/\d+[a-z]/g, (found) => found.toUpperCase())
  return /^\d/.test(name) ? `N${name}` : name
}

export const camel = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)
