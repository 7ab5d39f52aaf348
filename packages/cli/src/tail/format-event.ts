import { printable, printableJson, printableLine } from '../printable.ts'
import type { Terminal } from '../terminal.ts'

/** An event as it arrived. */
export interface ReceivedEvent {
  readonly event: string
  readonly data: string
  /** Last event id; `''` for none. */
  readonly id: string
  readonly at: Date
}

/** Maximum size of a value that is shown on a terminal. */
const MAX_CHARS = 2_000
const MAX_LINES = 40
/** A key of indented JSON. */
const KEY = /(?<=^ +)"(?:[^"\\]|\\.)*"(?=:)/gm

/** Returns an event as one line of JSON: `data` as the server sent it, or `text` where that is not JSON. */
export function eventAsJson({ event, data, id, at }: ReceivedEvent): string {
  const fields = JSON.stringify({ at: at.toISOString(), event, id }).slice(0, -1)
  // Not parsed and written again: that would change numbers beyond 2^53. Line breaks can only be between tokens.
  const value = isJson(data) ? `"data":${data.replace(/[\r\n]+/g, ' ')}` : `"text":${JSON.stringify(data)}`
  return printableJson(`${fields},${value}}`)
}

/**
 * Returns an event as it is shown to a person: time, name, value and id. On a terminal a value that does not fit beside
 * them is indented below, and a huge one is cut. Elsewhere it is one line.
 */
export function formatEvent(
  { event, data, id, at }: ReceivedEvent,
  { colors, columns, showsResults }: Pick<Terminal, 'colors' | 'columns' | 'showsResults'>,
): string {
  const head = `${colors.dim(localTime(at))} ${colors.bold(printableLine(event))}`
  const tail = id === '' ? '' : `  ${colors.dim(printableLine(id))}`
  const line = printableLine(data)
  if (!showsResults) return `${head} ${line}${tail}`
  const width = localTime(at).length + event.length + line.length + id.length + 4
  if (width <= columns && !/[\r\n]/.test(data)) return `${head} ${line}${tail}`
  const block = cut(printable(indented(data))).replace(KEY, (key) => colors.cyan(key))
  return `${head}${tail}\n${block.replace(/^/gm, '  ')}`
}

/** Time of day on this machine's clock, to the millisecond. */
export function localTime(at: Date): string {
  const part = (value: number, length = 2) => String(value).padStart(length, '0')
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map((value) => part(value)).join(':')
  return `${time}.${part(at.getMilliseconds(), 3)}`
}

/** JSON with two spaces per level, its numbers as the server wrote them; other text as it is. */
function indented(data: string): string {
  try {
    return JSON.stringify(JSON.parse(data, keepNumber as Reviver), undefined, 2)
  } catch {
    return data // not JSON, or too deep
  }
}

type Reviver = NonNullable<Parameters<typeof JSON.parse>[1]>

function keepNumber(_key: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value !== 'number' || source === undefined || String(value) === source) return value
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(source)
}

function cut(text: string): string {
  const lines = text.slice(0, MAX_CHARS).split('\n').slice(0, MAX_LINES)
  const shown = lines.join('\n').replace(/[\ud800-\udbff]$/, '')
  if (shown.length === text.length) return text
  return `${shown}\n… ${text.length.toLocaleString('en')} characters in all: --json prints them`
}

function isJson(data: string): boolean {
  try {
    JSON.parse(data)
    return true
  } catch {
    return false
  }
}
