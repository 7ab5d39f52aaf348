import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  normalise,
  outputBlocks,
  readDocs,
  root,
  runBlocks,
  withOutputs,
  writeDocs,
} from './output-blocks.ts'

/** `UPDATE_DOCS=1 node scripts/dev.mjs unit docs-output` writes the outputs into the pages. */
const isUpdating = process.env.UPDATE_DOCS === '1'
const PAGES = ['command-line', 'doctor', 'load-test']
  .map((name) => `docs/guides/${name}.md`)
  .filter((page) => existsSync(new URL(page, root)))

describe.each(PAGES)('the commands of %s', (page) => {
  it('print what the page shows, except for numbers', async () => {
    const text = readDocs(page)
    const blocks = outputBlocks(text)
    const outputs = await runBlocks(blocks)
    if (isUpdating) {
      const updated = blocks.reduce(
        (page, block, index) =>
          page.replace(block.text, () => withOutputs(block, outputs[index] as string[])),
        text,
      )
      return writeDocs(page, updated)
    }
    for (const [index, { commands }] of blocks.entries()) {
      const shown = commands.map(({ command, output }) => `$ ${command}\n${normalise(output)}`)
      const printed = commands.map(
        ({ command }, each) => `$ ${command}\n${normalise(outputs[index]?.[each] ?? '')}`,
      )
      expect(printed).toEqual(shown)
    }
    expect(blocks).not.toEqual([])
  })
})
