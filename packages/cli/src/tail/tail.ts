import { connect, type FeedStatus } from '@sse/client'
import type { InspectableFeed } from '@sse/client/inspect'
import type { CommandContext } from '../command-context.ts'
import { CommandError } from '../command-error.ts'
import { EXIT } from '../exit-codes.ts'
import { failureOf } from '../explain-failure.ts'
import { requestOptions } from './request.ts'
import { TailReport } from './tail-report.ts'

export interface TailOptions {
  readonly header?: Readonly<Record<string, string>>
  readonly event?: readonly string[]
  readonly count?: number
  /** Milliseconds. */
  readonly for?: number
  readonly lastId?: string
  readonly sinceStart?: boolean
  readonly request?: string
  readonly data?: string
  /** Milliseconds. */
  readonly timeout: number
  readonly retry?: boolean
  readonly json?: boolean
}

type ClosedStatus = Extract<FeedStatus, { state: 'closed' }>

/** Prints the events of a stream until it ends, `count` or `for` is reached, or Ctrl-C. */
export async function tail(url: URL, options: TailOptions, context: CommandContext): Promise<void> {
  const { count = Infinity } = options
  if (options.sinceStart && options.lastId !== undefined) {
    throw new CommandError('Pass either --since-start or --last-id', { exitCode: EXIT.usage })
  }
  const report = new TailReport(url, options, context.terminal)
  const names = options.event && new Set(options.event)
  const ending = AbortSignal.any([
    context.signal,
    ...(options.for === undefined ? [] : [AbortSignal.timeout(options.for)]),
  ])
  let lastEventId = options.lastId ?? ''
  let isFindingStart = options.sinceStart === true
  for (;;) {
    const feed = connect(url, {
      ...requestOptions(options, report),
      lastEventId,
      signal: ending,
      onError: () => {},
    }) as InspectableFeed
    const closed = whenClosed(feed, report, options.retry === true)
    let start: string | undefined
    feed.probe = {
      message(event, data) {
        if (isFindingStart) {
          isFindingStart = false
          start = event === 'sse.open' ? startOf(feed.lastEventId) : undefined
          if (start !== undefined) return feed.close()
          report.noStart()
        }
        if (report.control(event, data) || (names && !names.has(event))) return
        report.event({ event, data, id: feed.lastEventId, at: new Date() })
        if (report.events >= count) feed.close()
      },
      invalid() {},
      note() {},
    }
    const status = await closed
    if (start !== undefined) {
      lastEventId = start
      report.willReplay()
      continue
    }
    report.end(status)
    if (status.reason === 'error') throw failureOf(status.error, url)
    if (status.reason === 'aborted' && !report.hasOpened && !context.signal.aborted) {
      throw new CommandError(`${url.host} has not answered in time`, {
        next: 'check the host, the port and firewalls',
      })
    }
    if (status.end?.status === 'failed' || status.end?.status === 'lost') context.finish(EXIT.found)
    return
  }
}

/** Returns the id before a hub's first event, of any id of that hub. */
function startOf(id: string): string | undefined {
  const [, epoch] = /^([0-9A-Za-z]{1,32})-[0-9a-z]+$/.exec(id) ?? []
  return epoch && `${epoch}-0`
}

/** Reports each status, and resolves with the last one. A first attempt that fails is the last one. */
function whenClosed(
  feed: Pick<InspectableFeed, 'onStatus' | 'close'>,
  report: TailReport,
  retriesFirst: boolean,
): Promise<ClosedStatus> {
  return new Promise((resolve) => {
    let failure: ClosedStatus | undefined
    feed.onStatus((status) => {
      if (status.state === 'closed') return resolve(failure ?? status)
      if (status.state === 'waiting' && !report.hasOpened && !retriesFirst) {
        failure = { state: 'closed', reason: 'error', error: status.error }
        return feed.close()
      }
      report.status(status)
    })
  })
}
