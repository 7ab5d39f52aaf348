import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { generateContracts } from '@sse/openapi/generate'
import { expect, it } from 'vitest'
import { exampleFolder } from './python-apps.ts'

const documents = fileURLToPath(new URL('documents/', import.meta.url))

it.each(['aspnet', 'bare', 'fastapi', 'handwritten', 'schema'])(
  '%s.json gives the contracts beside it',
  async (name) => {
    await expectContracts(`${documents}${name}.json`, `${documents}${name}.ts`)
  },
)

it('the document of the FastAPI example gives its contracts', async () => {
  await expectContracts(`${exampleFolder}/openapi.json`, `${exampleFolder}/src/contracts.ts`)
})

it('sse-starlette describes no stream, so there is no contract', async () => {
  const { contracts, otherOperations } = await generateContracts(
    readFileSync(`${documents}article.json`, 'utf8'),
  )
  expect({ contracts, otherOperations }).toEqual({ contracts: 0, otherOperations: 1 })
})

async function expectContracts(document: string, contracts: string): Promise<void> {
  const { code } = await generateContracts(readFileSync(document, 'utf8'))
  if (process.env.UPDATE_DOCUMENTS) writeFileSync(contracts, code)
  expect(code).toBe(readFileSync(contracts, 'utf8'))
}
