import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEventParser } from './event-parser.ts'

/** What the pieces say, and how many characters were held after the last one. */
function read(pieces: readonly string[]): [reports: unknown[], held: number] {
  const reports: unknown[] = []
  const parse = createEventParser({
    onId: (id) => reports.push(['id', id]),
    onMessage: (event, data) => reports.push([event, data]),
    onRetry: (retryMs) => reports.push(['retry', retryMs]),
    onComment: () => reports.push('comment'),
  })
  let held = 0
  for (const piece of pieces) held = parse(piece)
  return [reports, held]
}

/** The same, read line by line as the standard's text says, without regard to speed. */
function readSlowly(text: string): unknown[] {
  const lines = text.split(/\r\n|\n|\r/)
  lines.pop() // what follows the last line end is no line
  const reports: unknown[] = []
  let block: { data?: string[]; event?: string; id?: string } = {}
  for (const line of lines) {
    const [, field = line, value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
    if (line === '') {
      if (block.id !== undefined) reports.push(['id', block.id])
      if (block.data) reports.push([block.event || 'message', block.data.join('\n')])
      block = {}
    } else if (line.startsWith(':')) reports.push('comment')
    else if (field === 'data') block.data = [...(block.data ?? []), value]
    else if (field === 'event') block.event = value
    else if (field === 'id' && !value.includes('\0')) block.id = value
    else if (field === 'retry' && /^\d+$/.test(value)) reports.push(['retry', Number(value)])
  }
  return reports
}

const token = fc.constantFrom(
  ...[
    'data',
    'event',
    'id',
    'retry',
    'dat',
    'datax',
    ':',
    ' ',
    '\n',
    '\r',
    '\r\n',
    '\n\n',
    '12',
    'é😀',
    '\0',
    '\ufeff',
    '',
  ],
)

describe('the parser', () => {
  it('reads any text as the standard says, however it is split', () => {
    fc.assert(
      fc.property(fc.array(token, { maxLength: 60 }), (tokens) => {
        const text = tokens.join('')
        const expected = readSlowly(text)
        expect(read([text])[0]).toEqual(expected)
        expect(read(tokens)[0]).toEqual(expected)
        expect(read([...text])[0]).toEqual(expected)
      }),
      { numRuns: 3_000 },
    )
  })

  it('ends an event at a CR, and does not wait for the LF that may follow', () => {
    expect(read(['data: a\r\r'])[0]).toEqual([['message', 'a']])
    expect(read(['data: a\r', '\ndata: b\r', '\n\r', '\n'])[0]).toEqual([['message', 'a\nb']])
  })

  it('says how much it holds: the unfinished line and the data of the unfinished event', () => {
    expect(read(['data: 1234\nda'])[1]).toBe(6)
    expect(read(['data: 1234\n', 'event: ping\n', ': comment\n', 'retry: 1\n'])[1]).toBe(4)
    expect(read(['event: ping\n\n', 'x\n'])[1]).toBe(0)
  })

  it('reads a line of 16 MB that arrives in small pieces, without searching it again for each', () => {
    const piece = 'x'.repeat(64)
    const pieces = Array.from({ length: 250_000 }, () => piece)
    const [reports] = read(['data:', ...pieces, '\n\n'])
    expect(reports).toEqual([['message', piece.repeat(250_000)]])
  })
})
