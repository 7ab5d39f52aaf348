// Sends requests for the stream to the server that `server.ts` started.
export default { '/orders': { target: process.env.API } }
