import { readFile } from 'node:fs/promises'
import { SseError } from '@sse/contract'
import { parseUrl } from '../arguments.ts'
import { CommandError } from '../command-error.ts'
import { failureOf } from '../explain-failure.ts'
import { redact } from '../redact.ts'

export interface DocumentOptions {
  readonly header?: Readonly<Record<string, string>>
  /** Milliseconds, for the whole document of a URL. */
  readonly timeout: number
}

/** Largest document that is read. */
const MAX_BYTES = 32 * 1_048_576

/** Reads a document from a file, a URL or, for `-`, standard input. */
export async function readDocumentText(
  document: string,
  options: DocumentOptions,
  signal: AbortSignal,
): Promise<string> {
  if (document === '-') return readAll(process.stdin, 'standard input')
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(document)) return readUrl(parseUrl(document), options, signal)
  return readFile(document, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const problem = error.code === 'ENOENT' ? 'does not exist' : `cannot be read: ${error.code}`
    throw new CommandError(`${document} ${problem}`, {
      cause: error,
      next: 'give a file, a URL, or - for standard input',
    })
  })
}

async function readUrl(url: URL, { header, timeout }: DocumentOptions, signal: AbortSignal): Promise<string> {
  const waiting = AbortSignal.timeout(timeout)
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/json, application/yaml;q=0.9, */*;q=0.8', ...header },
      signal: AbortSignal.any([signal, waiting]),
    })
    if (!response.ok) {
      await response.body?.cancel()
      throw new CommandError(`${redact(url.href)} answered ${response.status}`, {
        next: 'check the path: FastAPI publishes /openapi.json, ASP.NET Core /openapi/v1.json',
      })
    }
    return await readAll(response.body ?? [], redact(url.href))
  } catch (error) {
    if (error instanceof CommandError) throw error
    if (waiting.aborted) {
      throw failureOf(
        new SseError('network', `${url.host} has not sent the document within ${timeout / 1_000} s`),
        url,
      )
    }
    throw failureOf(error, url)
  }
}

/** An endless answer is no document. */
async function readAll(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  from: string,
): Promise<string> {
  const read: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.byteLength
    if (bytes > MAX_BYTES) throw new CommandError(`${from} is larger than 32 MiB`)
    read.push(chunk)
  }
  return Buffer.concat(read).toString('utf8')
}
