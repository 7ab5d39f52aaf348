import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '@sse/test-support/http-server'
import type { TestContext } from 'vitest'
import { runCommand } from './run-command.ts'

/** Serves `listener` until the test is over: tests run at the same time, so each cleans up after itself. */
export async function start(test: TestContext, listener: RequestListener): Promise<string> {
  const server = await serve(listener)
  test.onTestFinished(() => server[Symbol.asyncDispose]())
  return `${server.origin}/leads`
}

export const openStream = (res: ServerResponse, text = ':\n\n') => {
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  res.write(text)
}
/** Ends a stream for good. A run whose streams have all ended is over, so it needs no time limit. */
export const END = 'id: sse.end\nevent: sse.end\ndata:\n\n'

/** A server whose open responses are in a list. */
export async function startFanout(test: TestContext) {
  const open: ServerResponse[] = []
  const requests: IncomingMessage[] = []
  let closed = 0
  const url = await start(test, (req, res) => {
    requests.push(req)
    openStream(res)
    open.push(res)
    res.on('close', () => {
      closed += 1
    })
  })
  return {
    url,
    requests,
    open,
    get closed() {
      return closed
    },
  }
}

export const HELD = ['--rate', '1000', '--for', '10m', '--timeout', '2m']

/** Runs `sse load` with `--json` until every stream has ended, and resolves with its report. */
export async function load(args: readonly string[], signal?: AbortSignal) {
  const { code, out, err } = await runCommand(['load', ...args, ...HELD, '--json'], signal ? { signal } : {})
  if (out === '') throw new Error(`no report, exit code ${code}: ${err}`)
  return { code, err, ...JSON.parse(out) }
}

export function tempFolder(test: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sse-load-'))
  test.onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
