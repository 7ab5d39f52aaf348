import { Command } from 'commander'
import { parseDuration, parseHeader, parseOrigin, parseUrl } from '../arguments.ts'
import type { CommandContext } from '../command-context.ts'
import type { DoctorOptions } from '../doctor/doctor.ts'

export function doctorCommand(context: CommandContext): Command {
  return new Command('doctor')
    .description('find out what is wrong with a stream, and how to fix it')
    .argument('<url>', 'URL of the stream', parseUrl)
    .option('-H, --header <name: value>', 'request header; may be repeated', parseHeader)
    .option('--origin <origin>', 'also check what a page of this origin may do (CORS)', parseOrigin)
    .option('--for <duration>', 'listen for at most this time, such as 30s or 2m', parseDuration)
    .option('--long', 'listen for 130 s, longer than common proxies allow a connection to be quiet')
    .option('--insecure', 'accept any certificate')
    .option('--json', 'print one JSON object per check, and a summary')
    .addHelpText(
      'after',
      `
It opens several connections, listens for up to 16 s, and prints what it found. Publish some events meanwhile.
Exit code: 0 if no problem was found, 1 if one was, 3 if there was no response.

Examples:
  sse doctor http://localhost:3000/leads
  sse doctor https://api.example.com/leads -H 'authorization: Bearer …' --origin https://app.example.com
  sse doctor https://api.example.com/leads --json | jq -r 'select(.verdict == "problem") | .fix'
`,
    )
    .action(async (url: URL, options: DoctorOptions) => {
      const { doctor } = await import('../doctor/doctor.ts')
      await doctor(url, options, context)
    })
}
