import { expect, it } from 'vitest'
import { BENCHES } from '../../bench/list.ts'
import { readRendered, renderAll } from '../../bench/render/pages.ts'

it.each(renderAll(BENCHES))('$file has the tables and plots of bench/results', ({ file, text }) => {
  expect(readRendered(file), 'run `pnpm bench --render`').toBe(text)
})
