// Before it ends, the built server waits for its connections. A stream does not end by itself.
export default defineNitroPlugin(() => {
  if (import.meta.dev) return
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => hub.drain())
})
