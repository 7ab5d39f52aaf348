import { Command, Option } from 'commander'
import { parseDuration, parseHeader } from '../arguments.ts'
import type { CommandContext } from '../command-context.ts'
import type { ContractOptions } from '../contract/contract.ts'

const TIMEOUT_MS = 10_000

export function contractCommand(context: CommandContext): Command {
  return new Command('contract')
    .description('write TypeScript contracts from the OpenAPI document of a server, such as a FastAPI app')
    .argument('<document>', 'file or URL of the document, JSON or YAML, or - for standard input')
    .option('-o, --output <file>', 'file to write (default: standard output)')
    .option('--check', 'write nothing; exit code 1 if the file is not what the document gives')
    .addOption(
      new Option('--validate <library>', 'also check payloads at run time, with zod 4.3 or later').choices([
        'zod',
      ]),
    )
    .option(
      '--heartbeat <duration>',
      "interval of the server's heartbeats, or none, where the document does not say (default: 15s)",
      (text) => (text === 'none' ? Number.POSITIVE_INFINITY : parseDuration(text)),
    )
    .option('-H, --header <name: value>', 'request header for a URL; may be repeated', parseHeader)
    .option('--timeout <duration>', 'longest wait for a document of a URL', parseDuration, TIMEOUT_MS)
    .option('--json', 'print one JSON object about the result')
    .addHelpText(
      'after',
      `
What the document has and a contract cannot have is listed on standard error. The same document gives the same file.

Examples:
  sse contract http://localhost:8000/openapi.json -o src/contracts.ts
  sse contract openapi.json -o src/contracts.ts --check
  sse contract openapi.yaml --validate zod > contracts.ts
`,
    )
    .action(async (document: string, options: ContractOptions) => {
      const { contract } = await import('../contract/contract.ts')
      await contract(document, options, context)
    })
}
