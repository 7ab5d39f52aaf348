import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { freePort } from '@sse/test-support/free-port'
import { until } from '@sse/test-support/until'
import { DefaultChatTransport, type UIMessage, type UIMessageChunk } from 'ai'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { codeBlocks } from '../readme/code-blocks.ts'
import { writeBlocks } from '../readme/write-blocks.ts'

const PAGE = 'docs/guides/ai.md'
let folder: string
let api: string
let server: ChildProcess

beforeAll(async () => {
  const port = await freePort()
  const blocks = codeBlocks(PAGE).map((block) => ({
    ...block,
    code: block.code.replaceAll('3000', String(port)),
  }))
  folder = `${writeBlocks('ai-guide', blocks)}${PAGE}/`
  api = `http://127.0.0.1:${port}/api/chat`
  await start()
})
afterAll(async () => {
  await stop()
  rmSync(folder, { recursive: true, force: true })
})

async function start(): Promise<void> {
  server = spawn(process.execPath, ['--conditions=@sse/source', 'server.ts'], {
    cwd: folder,
    stdio: 'inherit',
  })
  const answers = () => fetch(`${api}/none/stream`).then(({ status }) => status === 204)
  await until(() => answers().catch(() => false))
}

async function stop(): Promise<void> {
  server.kill('SIGKILL')
  await once(server, 'exit')
}

const question: UIMessage = { id: 'q', role: 'user', parts: [{ type: 'text', text: 'Hi' }] }
const send = (chatId: string) =>
  new DefaultChatTransport({ api }).sendMessages({
    chatId,
    messages: [question],
    trigger: 'submit-message',
    messageId: undefined,
    abortSignal: undefined,
  })
const resume = (chatId: string) => new DefaultChatTransport({ api }).reconnectToStream({ chatId })

async function textOf(stream: ReadableStream<UIMessageChunk> | null): Promise<string> {
  let text = ''
  for await (const chunk of stream ?? []) if (chunk.type === 'text-delta') text += chunk.delta
  return text
}

it('the server of the guide answers, and a page that is loaded again gets the whole answer', async () => {
  const reader = (await send('one')).getReader()
  await reader.read()
  await reader.cancel()
  expect(await textOf(await resume('one'))).toMatch(/^Hello! I am a model .* say the same\.$/)
  expect(await resume('one')).toBeNull()
})

it('the server of the guide stops an answer, and keeps it when it is started again', async () => {
  const text = textOf(await send('two'))
  const stopped = await fetch(`${api}/two/stop`, { method: 'POST' })
  expect(await stopped.json()).toEqual({ status: 'stopped' })
  expect(await text).not.toContain('same.')
  await stop()
  await start()
  const again = await fetch(`${api}/two/stop`, { method: 'POST' })
  expect(await again.json()).toEqual({ status: 'stopped' })
})
