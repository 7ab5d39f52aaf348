const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567'

/** Returns a random name of `length` letters and digits, 5 random bits each. */
export function randomName(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length))
  return Array.from(bytes, (byte) => LETTERS[byte & 31]).join('')
}
