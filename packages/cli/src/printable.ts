import { stripVTControlCharacters } from 'node:util'

/** Characters that move a terminal's cursor, ring its bell or reverse its text. Tab and line feed are not among them. */
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** Text of a server, without what would move the cursor, colour the terminal or ring its bell. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(UNSAFE, '\ufffd')
}

/** As `printable`, in one line. */
export function printableLine(text: string): string {
  return printable(text).replace(/[\t\n\u2028\u2029]+/g, ' ')
}

/** JSON text with the same characters as escapes: the value is the same. */
export function printableJson(json: string): string {
  return json.replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
