/** Resolves with the error that a call throws or rejects with. Rejects if the call succeeds or its error has no `code`. */
export async function errorOf(call: () => unknown): Promise<Error & { code: unknown }> {
  try {
    await call()
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error
    throw error
  }
  throw new Error('the call was expected to fail')
}

/** Resolves with code and message of the error that a call fails with. */
export async function failureOf(call: () => unknown): Promise<{ code: unknown; message: string }> {
  const { code, message } = await errorOf(call)
  return { code, message }
}
