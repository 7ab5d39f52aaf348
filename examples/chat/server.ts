import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AnswerContext, createChat, mergeChunks, resumedMessages, uiMessages } from '@sse/ai'
import { aiSdk } from '@sse/server/dialects'
import { sse } from '@sse/server/express'
import { createRuns } from '@sse/server/runs'
import { convertToModelMessages, streamText, validateUIMessages } from 'ai'
import express from 'express'
import { createServer as createVite } from 'vite'
import { openEngine } from './engine.ts'
import { type ChatMessage, openMessages } from './messages.ts'
import { model } from './model.ts'

const folder = process.env.DATA ?? `${import.meta.dirname}/data`
mkdirSync(folder, { recursive: true })
const messages = openMessages(`${folder}/messages.db`)
const runs = createRuns(uiMessages, {
  engine: await openEngine(folder),
  leaseMs: 5_000, // how soon the crash of a server process is noticed
  merge: { chunk: mergeChunks },
})
const chat = createChat(runs)

/** Called once for each answer, in one process, whether or not a page reads it. */
async function answer({ chatId, messages: sent, trigger, signal }: AnswerContext) {
  // The page sends all messages. The earlier ones are the server's; only the last is new.
  if (trigger === 'regenerate-message') messages.removeAnswer(chatId)
  else
    for (const message of await validateUIMessages<ChatMessage>({ messages: sent.slice(-1) }))
      messages.add(chatId, message)
  const history = messages.read(chatId)
  const id = crypto.randomUUID()
  messages.reserve(chatId, id)
  const result = streamText({
    model,
    messages: await convertToModelMessages(history),
    abortSignal: signal,
    onError: ({ error }) => console.error(error),
  })
  return result.toUIMessageStream<ChatMessage>({
    originalMessages: history,
    generateMessageId: () => id,
    onError: () => 'The model has failed.',
    // Before the run ends: a page that finds no running answer finds this one.
    onFinish: ({ responseMessage, isAborted, isCancelled }) => {
      const stopped = isAborted || isCancelled
      messages.save(chatId, stopped ? { ...responseMessage, metadata: { stopped } } : responseMessage)
    },
  })
}

/** Your app returns the signed-in user, if the chat is theirs: its id comes from the page. */
const authorize = () => 'ada'

const app = express()
app.use('/api', express.json({ limit: '1mb' }))
app.post(
  uiMessages.path, // /api/chat
  sse(uiMessages, { authorize, dialect: aiSdk() }, ({ req }) => chat.send(req.body, answer)),
)
app.get(
  resumedMessages.path, // /api/chat/:chat/stream
  sse(resumedMessages, { authorize, dialect: aiSdk() }, ({ params }) => chat.resume(params.chat)),
)
app.get('/api/chat/:chat', (req, res) => {
  res.json(messages.read(req.params.chat))
})
app.post('/api/chat/:chat/stop', async (req, res) => {
  res.json((await chat.stop(req.params.chat)) ?? null)
})

// One server for page and answers. In production it serves what `vite build` made instead of asking Vite.
const server = createServer(app)
const vite = await createVite({ root: import.meta.dirname, server: { middlewareMode: true, ws: { server } } })
app.use(vite.middlewares)

const port = Number(process.env.PORT ?? 3000)
server.once('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EADDRINUSE') throw error
  console.error(`Port ${port} is taken. Set PORT to another one: PORT=${port + 1} npm start`)
  process.exit(1)
})
server.listen(port, () => console.log(`Open http://localhost:${port}`))

for (const name of ['SIGINT', 'SIGTERM']) {
  process.once(name, async () => {
    server.close()
    // Answers that are being written are finished; their readers continue on another process.
    await runs.drain({ graceMs: 10_000 })
    await Promise.all([runs.close(), vite.close()])
    messages.close()
    // Browsers keep connections for later.
    server.closeAllConnections()
  })
}
