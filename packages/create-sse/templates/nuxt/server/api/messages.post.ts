export default defineEventHandler(async (event) => {
  const { text } = (await readBody(event)) ?? {}
  if (typeof text !== 'string' || text === '') {
    setResponseStatus(event, 400)
    return { error: 'text is missing' }
  }
  await hub.publish('room', 'message', { text })
  setResponseStatus(event, 204)
})
