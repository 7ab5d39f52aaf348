/** The polynomial of CRC-32, bit-reversed: bit 31 is the coefficient of x⁰. @see https://www.rfc-editor.org/rfc/rfc1952#section-8 */
const POLYNOMIAL = 0xedb88320
const ONE = 0x80000000
const BITS_IN_BYTE_LOG2 = 3

/** x to the power of 2⁰, 2¹, 2² …, modulo the polynomial. */
const POWERS: readonly number[] = makePowers()

/** Multiplies two polynomials over GF(2), modulo that of CRC-32. */
function multiply(a: number, b: number): number {
  let product = 0
  let shifted = b
  for (let rest = a | 0; rest !== 0; rest <<= 1) {
    if (rest < 0) product ^= shifted
    shifted = shifted & 1 ? (shifted >>> 1) ^ POLYNOMIAL : shifted >>> 1
  }
  return product
}

function makePowers(): number[] {
  const powers = [ONE >>> 1]
  while (powers.length < 32) {
    const last = powers.at(-1) as number
    powers.push(multiply(last, last))
  }
  return powers
}

/**
 * Returns the operator that appends `byteLength` bytes to a checksum. All connections that get the same bytes share
 * one: making it takes up to 32 multiplications, applying it one.
 */
export function appendOperator(byteLength: number): number {
  let operator = ONE
  let power = BITS_IN_BYTE_LOG2
  for (let rest = byteLength; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) operator = multiply(POWERS[power % 32] as number, operator)
    power += 1
  }
  return operator
}

/**
 * Returns the CRC-32 of two pieces of text, one after the other, as a signed integer: V8 keeps those within an object.
 *
 * @param first - CRC-32 of the first piece.
 * @param second - CRC-32 of the second piece.
 * @param operator - `appendOperator` of the second piece's length.
 */
export function combineCrc32(first: number, second: number, operator: number): number {
  return multiply(operator, first) ^ second
}
