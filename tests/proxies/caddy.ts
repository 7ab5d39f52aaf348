import { requireProgram } from '@sse/test-support/require-program'
import type { ReverseProxy } from './proxy.ts'

/** The last block is Caddy as it comes. */
const config = (folder: string, port: number, upstream: number) => `
{
  admin off
  auto_https off
  storage file_system ${folder}
}
http://127.0.0.1:${port} {
  handle /gzip/* {
    encode gzip
    reverse_proxy 127.0.0.1:${upstream}
  }
  handle /gzip-for-pages/* {
    @pages not header Accept *text/event-stream*
    encode @pages gzip
    reverse_proxy 127.0.0.1:${upstream}
  }
  handle /impatient/* {
    reverse_proxy 127.0.0.1:${upstream} {
      transport http {
        read_timeout 1s
      }
    }
  }
  handle {
    reverse_proxy 127.0.0.1:${upstream}
  }
}
`

export const caddy: ReverseProxy = {
  name: 'Caddy',
  program: requireProgram('caddy'),
  config,
  args: (file) => ['run', '--config', file, '--adapter', 'caddyfile'],
}
