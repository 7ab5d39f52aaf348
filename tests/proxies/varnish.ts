import { requireProgram } from '@sse/test-support/require-program'
import type { ReverseProxy } from './proxy.ts'

/** Varnish with its built-in rules; `/impatient/` gives up on a backend that is quiet for a second, and `/passed/` never looks into the cache. */
const config = (_folder: string, _port: number, upstream: number) => `
vcl 4.1;
backend node {
  .host = "127.0.0.1";
  .port = "${upstream}";
}
backend impatient {
  .host = "127.0.0.1";
  .port = "${upstream}";
  .between_bytes_timeout = 1s;
}
sub vcl_recv {
  if (req.url ~ "^/impatient/") {
    set req.backend_hint = impatient;
  }
  if (req.url ~ "^/passed/") {
    return (pass);
  }
}
`

export const varnish: ReverseProxy = {
  name: 'Varnish',
  program: requireProgram('varnishd'),
  config,
  args: (file, folder, port) => [
    '-F',
    ...['-f', file, '-n', `${folder}/work`, '-a', `127.0.0.1:${port}`, '-s', 'malloc,16m'],
    // As the user that started it: the tests need no other account.
    ...['-j', 'none'],
  ],
}
