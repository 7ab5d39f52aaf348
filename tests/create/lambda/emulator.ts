import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Environment, type EnvironmentOptions } from './environment.ts'
import { functionEvent } from './function-event.ts'
import { PreludeParser } from './prelude.ts'

/**
 * Serves a function as AWS Lambda does behind a function URL with `RESPONSE_STREAM`: each request goes to a copy of its
 * own. A client that leaves is not reported to the function: what it still writes is read and dropped.
 *
 * @see https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/issues/145
 */
export function serveFunction(options: EnvironmentOptions, port: number): void {
  const environments = new Set<Environment>()
  const idle: Environment[] = []

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const event = await functionEvent(req)
    let environment = idle.pop()
    while (environment && !environment.isAlive) environment = idle.pop()
    environment ??= await Environment.start(options)
    environments.add(environment)
    const started = Date.now()
    const problem = await environment.invoke(event, (response) => stream(response, res))
    // As CloudWatch has it.
    console.log(`REPORT ${req.method} ${req.url} ${problem ?? 'returned'} after ${Date.now() - started} ms`)
    if (problem === undefined) idle.push(environment)
    else {
      environments.delete(environment)
      if (res.headersSent) res.destroy()
      else res.writeHead(502).end()
    }
  }

  createServer((req, res) => void answer(req, res)).listen(port, '127.0.0.1')
  process.once('SIGTERM', () => {
    for (const environment of environments) environment.stop()
    process.exit()
  })
}

function stream(response: IncomingMessage, res: ServerResponse): void {
  const body = new PreludeParser(({ statusCode = 200, headers = {}, cookies = [] }) => {
    res.writeHead(statusCode, { ...headers, ...(cookies.length > 0 && { 'set-cookie': cookies }) })
    res.flushHeaders()
  })
  // A slow client slows the function down. One that has left does not.
  response.pipe(body).pipe(res)
  res.once('close', () => body.unpipe(res).resume())
}
