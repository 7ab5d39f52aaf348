/** The values of `known` that an option such as `--rows a,b` names; all of them without it. */
export function pick<Value extends string | number>(
  known: readonly Value[],
  given: string | undefined,
): Value[] {
  if (given === undefined) return [...known]
  const wanted = given.split(',')
  const unknown = wanted.filter((each) => !known.map(String).includes(each))
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}; there is ${known.join(', ')}`)
  return known.filter((value) => wanted.includes(String(value)))
}
