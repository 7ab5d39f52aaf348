// Preloaded into an example: answers each message with the number of timers that keep its process alive.
// A source that waits for its next number holds one; an idle server holds none.
process.on('message', () => {
  process.send(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length)
})
process.channel.unref()
