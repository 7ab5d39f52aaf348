import { isSseError } from '@sse/contract'

/** Failure of a case: the broken promise, and what was seen instead. */
export class BrokenPromise extends Error {
  constructor(promise: string, seen = '') {
    super(seen === '' ? promise : `${promise}: ${seen}`)
    this.name = 'BrokenPromise'
  }
}

export function check(isTrue: boolean, promise: string, seen = ''): asserts isTrue {
  if (!isTrue) throw new BrokenPromise(promise, seen)
}

/** Compares as JSON: `undefined` equals an absent member. */
export function checkSame(seen: unknown, expected: unknown, promise: string): void {
  const [seenText, expectedText] = [JSON.stringify(seen), JSON.stringify(expected)]
  if (seenText === expectedText) return
  throw new BrokenPromise(promise, `expected ${shorten(expectedText)}, got ${shorten(seenText)}`)
}

export async function checkRejects(
  call: () => Promise<unknown>,
  code: string,
  promise: string,
): Promise<void> {
  const error: unknown = await Promise.resolve()
    .then(call)
    .then(
      () => undefined,
      (thrown) => thrown ?? new Error('undefined'),
    )
  if (isSseError(error) && error.code === code) return
  throw new BrokenPromise(promise, error === undefined ? 'it resolved' : `it rejected with ${error}`)
}

const SHOWN = 300

function shorten(text = 'undefined'): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}… (${text.length} characters)`
}
