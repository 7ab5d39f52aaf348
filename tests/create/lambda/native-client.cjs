const refuse = () => {
  throw new Error('The emulator has streamed answers only')
}
module.exports = { initializeClient() {}, next: refuse, done: refuse, error: refuse }
