/** Requests in flight: an account or a server may limit how many wait. */
const MAX_IN_FLIGHT = 64

/** Calls `work` with each item, several at a time. Rejects with the first failure, once nothing is in flight. */
export async function inParallel<Item>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const left = items[Symbol.iterator]()
  let failure: { readonly error: unknown } | undefined
  const run = async () => {
    for (let item = left.next(); !item.done && !failure; item = left.next()) {
      try {
        await work(item.value)
      } catch (error) {
        failure ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: MAX_IN_FLIGHT }, run))
  if (failure) throw failure.error
}
