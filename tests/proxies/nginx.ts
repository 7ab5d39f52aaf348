import { requireProgram } from '@sse/test-support/require-program'
import type { ReverseProxy } from './proxy.ts'

/**
 * `location /` is nginx as it comes: HTTP/1.0 to the server, buffering on. `/cached/` stores every answer, whatever its
 * status, for ten minutes, unless the answer itself forbids that. `/gunzip/` decompresses for clients that do not accept
 * gzip what the server compresses in any case.
 */
const config = (folder: string, port: number, upstream: number) => `
daemon off;
pid ${folder}/nginx.pid;
error_log stderr warn;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  proxy_cache_path ${folder}/cache keys_zone=answers:1m;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${upstream};
    }
    location /gzip/ {
      gzip on;
      gzip_types text/event-stream;
      proxy_pass http://127.0.0.1:${upstream};
    }
    location /gunzip/ {
      gunzip on;
      proxy_set_header Accept-Encoding gzip;
      proxy_pass http://127.0.0.1:${upstream};
    }
    location /cached/ {
      proxy_cache answers;
      proxy_cache_valid any 10m;
      proxy_pass http://127.0.0.1:${upstream};
    }
    location /impatient/ {
      proxy_read_timeout 1s;
      proxy_pass http://127.0.0.1:${upstream};
    }
  }
}
`

const program = requireProgram('nginx')

export const nginx: ReverseProxy = {
  name: 'nginx',
  program,
  config,
  args: (file, folder) => ['-p', folder, '-c', file, '-e', 'stderr'],
}
