/**
 * HAProxy before the server processes. What matters for streams: `http-no-delay`, timeouts above the heartbeat, and
 * a health check that is quicker than a server's last words.
 */
export function haproxyConfig(port: number, servers: readonly number[]): string {
  const lines = servers.map((server, n) => `  server s${n + 1} 127.0.0.1:${server} check`)
  return `
defaults
  mode http
  option http-no-delay
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  # A server that is busy is not down: without it, an answer to a health check may take no longer than \`inter\`.
  timeout check 5s
  retries 3
  option redispatch
frontend all
  bind 127.0.0.1:${port}
  default_backend servers
backend servers
  balance leastconn
  option httpchk GET /health
  # Asked again elsewhere: a server that is stopping, or not there yet. All of these may be repeated.
  retry-on conn-failure empty-response 503
  default-server inter 250ms fall 1 rise 1
${lines.join('\n')}
`
}
