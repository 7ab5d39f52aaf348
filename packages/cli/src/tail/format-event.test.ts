import { createColors } from 'picocolors'
import { expect, it } from 'vitest'
import { eventAsJson, formatEvent } from './format-event.ts'

const at = new Date(2026, 10, 27, 9, 5, 7, 8)
const received = { event: 'lead', data: '{"a":"x: y","b":[1]}', id: '7', at }
const terminal = { colors: createColors(false), columns: 40, showsResults: true }

it('shows a value that fits beside its name, and indents one that does not', () => {
  expect(formatEvent(received, { ...terminal, columns: 60 })).toBe(
    '09:05:07.008 lead {"a":"x: y","b":[1]}  7',
  )
  expect(formatEvent(received, terminal)).toBe(
    '09:05:07.008 lead  7\n  {\n    "a": "x: y",\n    "b": [\n      1\n    ]\n  }',
  )
})

it('colours the keys of indented JSON, and nothing in it', () => {
  const colored = formatEvent(received, { ...terminal, colors: createColors(true) })
  expect(colored).toContain('\u001b[36m"a"\u001b[39m: "x: y"')
})

it('shows a number as the server wrote it, also when it is indented', () => {
  const data = '{"big":12345678901234567890,"small":1.50}'
  expect(formatEvent({ ...received, data }, terminal)).toContain(
    '"big": 12345678901234567890,\n    "small": 1.50',
  )
  expect(eventAsJson({ ...received, data })).toContain(`"data":${data}}`)
})

it('shows text of several lines as a block', () => {
  expect(formatEvent({ ...received, data: 'one\ntwo', id: '' }, terminal)).toBe(
    '09:05:07.008 lead\n  one\n  two',
  )
  expect(JSON.parse(eventAsJson({ ...received, data: 'one\ntwo' }))).toMatchObject({ text: 'one\ntwo' })
})
