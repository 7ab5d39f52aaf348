import { parseUrl } from '../arguments.ts'
import { CommandError } from '../command-error.ts'
import { EXIT } from '../exit-codes.ts'

/** Stands for the number of a connection, from 1, in an address or a header. */
const NUMBER = '{n}'

/** Returns a text for one connection. */
export function numbered(template: string, connection: number): string {
  return template.replaceAll(NUMBER, String(connection))
}

/** Whether a text differs from connection to connection. */
export function isNumbered(template: string): boolean {
  return template.includes(NUMBER)
}

/** Adds an address, which may contain `{n}` in its path and query, to those read before. @throws {CommandError} */
export function parseTarget(text: string, before: readonly string[] = []): string[] {
  const [one, two] = [parseUrl(numbered(text, 1)), parseUrl(numbered(text, 2))]
  if (one.origin !== two.origin) {
    throw new CommandError('{n} can only be in the path and the query of an address, not in its host', {
      exitCode: EXIT.usage,
      next: 'name every host: sse load http://a.localhost:3000/leads http://b.localhost:3000/leads',
    })
  }
  return [...before, text]
}
