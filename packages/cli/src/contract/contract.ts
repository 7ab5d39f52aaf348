import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isSseError } from '@sse/contract'
import { type GeneratedContracts, generateContracts } from '@sse/openapi/generate'
import type { CommandContext } from '../command-context.ts'
import { CommandError } from '../command-error.ts'
import { EXIT } from '../exit-codes.ts'
import { printableLine } from '../printable.ts'
import { redact } from '../redact.ts'
import { type DocumentOptions, readDocumentText } from './read-document-text.ts'

export interface ContractOptions extends DocumentOptions {
  readonly output?: string
  readonly check?: boolean
  readonly validate?: 'zod'
  /** Milliseconds, or `Infinity`. */
  readonly heartbeat?: number
  readonly json?: boolean
}

/** First line of a file that this command has written. */
const HEAD = /^\/\/ Written from .* by @sse\/openapi\. /

/** Writes contracts from a document. */
export async function contract(
  document: string,
  options: ContractOptions,
  { terminal, signal, finish }: CommandContext,
): Promise<void> {
  const { output, check, json } = options
  if (check && output === undefined) {
    throw new CommandError('--check needs the file to compare with', {
      next: 'add -o src/contracts.ts',
      exitCode: EXIT.usage,
    })
  }
  const text = await readDocumentText(document, options, signal)
  const generated = await generate(document, text, options)
  const { code, contracts, otherOperations, unsupported } = generated
  for (const { where, message } of unsupported) terminal.note(printableLine(`${where}: ${message}`))

  const before = output === undefined ? undefined : await readExisting(output)
  const isChanged = code !== before
  if (output !== undefined && isChanged && !check) await write(output, code)
  if (check && isChanged) finish(EXIT.found)

  if (json) {
    terminal.printJson({
      ...(output === undefined ? { code } : { file: output, changed: isChanged }),
      contracts,
      otherOperations,
      unsupported,
    })
  } else if (output === undefined) terminal.print(code.trimEnd())
  const state = describeState(output, isChanged, check)
  terminal.note(
    printableLine(`${state}${count(contracts, 'stream')}, ${count(otherOperations, 'other operation')}`),
  )
  if (check && isChanged) terminal.note('run the command again without --check, and look at the difference')
}

async function generate(
  document: string,
  text: string,
  { validate, heartbeat }: ContractOptions,
): Promise<GeneratedContracts> {
  const generated = await generateContracts(text, { validate, heartbeatMs: heartbeat }).catch(
    (error: unknown) => {
      if (!isSseError(error)) throw error
      const message = `${redact(document)}: ${error.message}`
      throw new CommandError(message, {
        cause: error,
        next: 'give the OpenAPI document itself, as JSON or YAML',
      })
    },
  )
  if (generated.contracts > 0) return generated
  const operations = count(generated.otherOperations, 'operation')
  throw new CommandError(
    `${redact(document)} describes no stream: ${operations}, none with text/event-stream`,
    {
      next: 'describe the answer as text/event-stream. In FastAPI 0.135 or later: response_class=EventSourceResponse',
    },
  )
}

/** Returns the text of a file that this command has written, and `undefined` if there is none. */
async function readExisting(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new CommandError(`${file} cannot be read: ${error.code}`, { cause: error })
  })
  if (text === undefined || text.trim() === '' || HEAD.test(text)) return text
  throw new CommandError(`${file} was not written by this command`, {
    next: 'choose another name, or delete the file first',
  })
}

async function write(file: string, code: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, code)
  } catch (error) {
    throw new CommandError(`${file} cannot be written: ${(error as NodeJS.ErrnoException).code}`, {
      cause: error,
    })
  }
}

function describeState(output: string | undefined, isChanged: boolean, check = false): string {
  if (output === undefined) return ''
  if (!isChanged) return `${output} is up to date: `
  return check ? `${output} is not what the document gives: ` : `${output} written: `
}

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`
