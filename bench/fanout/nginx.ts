import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '@sse/test-support/free-port'
import { isListening } from '@sse/test-support/is-listening'

/** Where Debian's `libnginx-mod-nchan` puts it; `NCHAN_MODULE` says another place. */
const NCHAN = process.env.NCHAN_MODULE ?? '/usr/lib/nginx/modules/ngx_nchan_module.so'
/** Of `/proc/<pid>/stat`, on every Linux that Node runs on. */
const TICK_MS = 10
const READY_TRIES = 100

/** Why nginx with nchan cannot be measured here, if so. */
export function missingNchan(): string | undefined {
  if (!existsSync(NCHAN)) return 'there is no nchan: apt-get install libnginx-mod-nchan'
  if (spawnSync('nginx', ['-v']).error) return 'there is no nginx: apt-get install nginx'
  return undefined
}

/** One nginx process, so that its CPU time is all of it: everyone at `/ticks` gets what is posted to `/publish`. */
export async function startNginx(): Promise<{ port: number; cpuMs: () => number }> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'sse-nchan-'))
  writeFileSync(join(folder, 'nginx.conf'), config(port, folder))
  const nginx = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder, '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  process.on('exit', () => nginx.kill('SIGKILL')) // asked to quit, this nchan may free something twice
  for (let left = READY_TRIES; !(await isListening(port)); left--) {
    if (left === 0 || nginx.exitCode !== null) throw new Error('nginx did not start')
    await wait(50)
  }
  return { port, cpuMs: () => readCpuMs(nginx.pid as number) }
}

function config(port: number, folder: string): string {
  return `load_module ${NCHAN};
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr error;
worker_rlimit_nofile 20000;
events { worker_connections 20000; }
http {
  access_log off;
  client_body_temp_path ${folder};
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /ticks {
      nchan_subscriber eventsource;
      nchan_channel_id everyone;
      nchan_subscriber_first_message newest;
    }
    location = /publish {
      keepalive_requests 1000000000;
      nchan_publisher;
      nchan_channel_id everyone;
      nchan_message_buffer_length 1000;
    }
  }
}
`
}

function readCpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}
