/** Next.js calls this once, when the server starts. */
export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { hub } = await import('./hub')
  // Before it ends, `next start` waits for its connections. A stream does not end by itself.
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => hub.drain())
}
