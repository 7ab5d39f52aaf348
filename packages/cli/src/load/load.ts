import { setTimeout as wait } from 'node:timers/promises'
import { createSecureContext } from 'node:tls'
import type { FeedStatus } from '@sse/client'
import type { CommandContext } from '../command-context.ts'
import { CommandError } from '../command-error.ts'
import { EXIT } from '../exit-codes.ts'
import { failureOf } from '../explain-failure.ts'
import { hostOf, resolveTarget } from './allowed-hosts.ts'
import { EventLog } from './event-log.ts'
import { LoadConnection } from './load-connection.ts'
import { LoadReport } from './load-report.ts'
import { localAddress } from './local-address.ts'
import { checkOpenFiles } from './open-files.ts'
import { describePlan, printReport } from './print-report.ts'
import { showProgress } from './progress.ts'
import { GRACE_MS } from './received-window.ts'
import { SendTime } from './send-time.ts'
import type { Destination } from './socket-transport.ts'
import { Tally } from './tally.ts'
import { isNumbered, numbered } from './target.ts'

export interface LoadOptions {
  readonly connections: number
  /** Milliseconds after the last connection was started. */
  readonly for: number
  /** Connections to start per second. */
  readonly rate: number
  readonly header?: Readonly<Record<string, string>>
  readonly timeField?: string
  readonly compare: boolean
  /** Milliseconds. */
  readonly timeout: number
  readonly allowHost?: readonly string[]
  readonly json?: boolean
}

/** Where the connections of one address go, and what they have in common. */
interface Target {
  readonly template: string
  readonly url: URL
  readonly destination: Destination
  readonly log: EventLog | undefined
  connections: number
}

/** Between two looks at how many connections are due, in milliseconds. */
const TICK_MS = 5

/** Opens connections, holds them for a time, and reports. Ends early at Ctrl-C, or when every connection is over. */
export async function load(
  templates: readonly string[],
  options: LoadOptions,
  context: CommandContext,
): Promise<void> {
  const { terminal, signal } = context
  const total = Math.max(options.connections, templates.length)
  checkOpenFiles(total)
  const targets = await findTargets(templates, options)
  terminal.note(describePlan(targets, total, options))

  const tally = new Tally()
  const connections: LoadConnection[] = []
  const sendTime = options.timeField === undefined ? undefined : new SendTime(options.timeField)
  const open = (): LoadConnection => {
    const number = connections.length + 1
    const target = targets[connections.length % targets.length] as Target
    const { template, destination, log } = target
    const connection = new LoadConnection({
      url: numbered(template, number),
      headers: headersOf(options.header, number),
      destination,
      localAddress: localAddress(destination.address, target.connections),
      tally,
      log,
      sendTime,
    })
    target.connections += 1
    connections.push(connection)
    return connection
  }

  const report = new LoadReport(tally, options, targets)
  const progress = showProgress(terminal, tally, total, options.for)
  try {
    for (const { url } of targets) await checkFirst(url, open(), signal)
    await openAll(total - connections.length, options.rate, open, signal)
    report.allStarted()
    progress.allStarted()
    await hold(connections, options.for, signal)
    report.finish(finish(targets, connections), signal.aborted)
  } finally {
    progress.end()
    for (const connection of connections) connection.close()
  }
  if (options.json) terminal.printJson(report)
  else printReport(report, terminal)
  if (report.hasFindings) context.finish(EXIT.found)
}

async function findTargets(templates: readonly string[], options: LoadOptions): Promise<Target[]> {
  const urls = templates.map((template) => new URL(numbered(template, 1)))
  const allowed = new Set(options.allowHost)
  for (const host of allowed) {
    if (!urls.some((url) => hostOf(url) === host)) {
      throw new CommandError(`--allow-host ${host} is not the host of an address`, { exitCode: EXIT.usage })
    }
  }
  const isOwn = Object.values(options.header ?? {}).some(isNumbered)
  const context = urls.some(({ protocol }) => protocol === 'https:') ? createSecureContext() : undefined
  const targets: Target[] = []
  for (const [index, url] of urls.entries()) {
    const template = templates[index] as string
    const address = await resolveTarget(url, allowed)
    const isTls = url.protocol === 'https:'
    targets.push({
      template,
      url,
      log: options.compare && !isOwn && !isNumbered(template) ? new EventLog() : undefined,
      connections: 0,
      destination: {
        address,
        port: Number(url.port) || (isTls ? 443 : 80),
        timeoutMs: options.timeout,
        ...(isTls && context && { tls: { context, servername: hostOf(url) } }),
      },
    })
  }
  return targets
}

/** A first connection that fails ends the command before there are more, unless the server is only busy. */
async function checkFirst(url: URL, connection: LoadConnection, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const stopped = new Promise<undefined>((resolve) =>
    signal.addEventListener('abort', () => resolve(undefined)),
  )
  const status: FeedStatus | undefined = await Promise.race([connection.firstResult(), stopped])
  const error = status?.state === 'waiting' || status?.state === 'closed' ? errorOf(status) : undefined
  if (error === undefined || (status?.state === 'waiting' && error.code === 'http_status')) return
  if (error.code === 'http_status' && error.status < 400) {
    throw new CommandError(failureOf(error, url).message, {
      next: 'redirects are not followed: give the address that this one leads to',
    })
  }
  throw failureOf(error, url)
}

function errorOf(status: FeedStatus) {
  return 'error' in status ? status.error : undefined
}

/** Starts connections on a schedule that waits for no answer. */
async function openAll(count: number, rate: number, open: () => void, signal: AbortSignal): Promise<void> {
  const startedAt = performance.now()
  for (let started = 0; started < count && !signal.aborted; ) {
    const due = Math.floor(((performance.now() - startedAt) / 1_000) * rate) + 1
    for (; started < Math.min(due, count); started += 1) open()
    if (started < count) await wait(TICK_MS)
  }
}

/** Waits until the time is over, or every connection is. */
async function hold(connections: readonly LoadConnection[], ms: number, signal: AbortSignal): Promise<void> {
  const endsAt = performance.now() + ms
  while (!signal.aborted && performance.now() < endsAt && connections.some(({ isClosed }) => !isClosed)) {
    await wait(Math.min(100, Math.max(1, endsAt - performance.now())), undefined, { signal }).catch(() => {})
  }
}

function headersOf(
  headers: Readonly<Record<string, string>> = {},
  connection: number,
): Readonly<Record<string, string>> {
  if (!Object.values(headers).some(isNumbered)) return headers
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, numbered(value, connection)]),
  )
}

/** Counts what connections have missed. Returns how many are behind at the end, and by how many events. */
function finish(
  targets: readonly Target[],
  connections: readonly LoadConnection[],
): { connections: number; events: number } {
  const expected = targets.map(({ log }) => log?.until(performance.now() - GRACE_MS))
  const behind = connections
    .map((connection, index) => {
      const events = expected[index % targets.length]
      return events ? connection.finish(events) : 0
    })
    .filter((events) => events > 0)
  return { connections: behind.length, events: behind.reduce((sum, events) => sum + events, 0) }
}
