import type { PublisherOptions } from './rows.ts'

/** As an argument of a process, where JSON knows no `Infinity`. */
export function formatOptions(options: PublisherOptions): string {
  return JSON.stringify(options, (_name, value) => (value === Number.POSITIVE_INFINITY ? 'Infinity' : value))
}

export function parseOptions(text: string): PublisherOptions {
  return JSON.parse(text, (_name, value) => (value === 'Infinity' ? Number.POSITIVE_INFINITY : value))
}
