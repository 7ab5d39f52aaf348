import { requireProgram } from '@sse/test-support/require-program'
import type { ReverseProxy } from './proxy.ts'

/** Debian's defaults, but for the logs; `as_it_comes` is the one that lacks `http-no-delay`. */
const config = (_folder: string, port: number, upstream: number) => `
defaults
  mode http
  timeout connect 5s
  timeout client 50s
  timeout server 50s
frontend all
  bind 127.0.0.1:${port}
  use_backend no_delay if { path_beg /no-delay/ }
  use_backend impatient if { path_beg /impatient/ }
  default_backend as_it_comes
backend as_it_comes
  server node 127.0.0.1:${upstream}
backend no_delay
  option http-no-delay
  server node 127.0.0.1:${upstream}
backend impatient
  timeout server 1s
  server node 127.0.0.1:${upstream}
`

export const haproxy: ReverseProxy = {
  name: 'HAProxy',
  program: requireProgram('haproxy'),
  config,
  // Without a master: one process, in the foreground.
  args: (file) => ['-db', '-f', file],
}
