/** A page without frames, hidden or busy, is updated this often, in milliseconds. */
const HIDDEN_MS = 100

/**
 * Counts how often a page may be updated: once before each frame. Returns a function that ends the count and returns it.
 */
export function countFrames(): () => number {
  const startedAt = performance.now()
  let frames = 1
  const count = () => {
    frames += 1
    request = requestAnimationFrame(count)
  }
  let request = requestAnimationFrame(count)
  return () => {
    cancelAnimationFrame(request)
    return frames + Math.ceil((performance.now() - startedAt) / HIDDEN_MS)
  }
}
