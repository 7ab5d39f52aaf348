import type { FeedStatus } from '@sse/client'
import { CONTROL } from '@sse/contract/protocol'
import { explainFailure } from '../explain-failure.ts'
import { printableLine } from '../printable.ts'
import { redact } from '../redact.ts'
import type { Terminal } from '../terminal.ts'
import { eventAsJson, formatEvent, localTime, type ReceivedEvent } from './format-event.ts'

/** Writes what a feed does: events as results, everything else as notes. */
export class TailReport {
  events = 0
  hasOpened = false
  readonly #url: URL
  readonly #isJson: boolean
  readonly #terminal: Terminal
  readonly #startedAt = performance.now()
  #reconnects = 0
  #gaps = 0
  #lastId = ''
  #redirectedTo = ''
  #isReplaying = false

  constructor(url: URL, { json = false }: { readonly json?: boolean }, terminal: Terminal) {
    this.#url = url
    this.#isJson = json
    this.#terminal = terminal
  }

  event(received: ReceivedEvent): void {
    this.events += 1
    this.#lastId = received.id
    const line = this.#isJson ? eventAsJson(received) : formatEvent(received, this.#terminal)
    this.#terminal.print(line)
  }

  /** Reports an event that the library itself sends. Returns `false` for any other. */
  control(event: string, data: string): boolean {
    if (event === CONTROL.gap) {
      this.#gaps += 1
      this.#note(`gap: ${gapMeaning(data)}`)
    }
    return Object.values<string>(CONTROL).includes(event)
  }

  status(status: FeedStatus): void {
    if (status.state === 'connecting' && !this.hasOpened)
      this.#note(`connecting to ${redact(this.#url.href)}`)
    if (status.state === 'open') {
      const after = this.#lastId === '' ? '' : ` after ${printableLine(this.#lastId)}`
      if (this.#isReplaying) this.#note('replaying from the oldest event')
      else this.#note(this.hasOpened ? `reconnected${after}` : 'open')
      if (this.hasOpened && !this.#isReplaying) this.#reconnects += 1
      this.hasOpened = true
      this.#isReplaying = false
    }
    if (status.state === 'waiting') {
      const { message, next } = explainFailure(status.error, this.#url)
      const seconds = ((status.retryAt ?? Date.now()) - Date.now()) / 1_000
      const fix = this.hasOpened || next === undefined ? '' : ` (${next})`
      this.#note(`${message}${fix}; trying again in ${seconds.toFixed(1)} s`)
    }
  }

  redirected(to: URL): void {
    if (to.href === this.#redirectedTo) return
    this.#redirectedTo = to.href
    const isOther = to.origin !== this.#url.origin
    this.#note(
      `redirected to ${redact(to.href)}${isOther ? ': another origin, which does not get the header authorization' : ''}`,
    )
  }

  /** `--since-start`: the next connection starts at the oldest event. */
  willReplay(): void {
    this.#isReplaying = true
  }

  /** `--since-start` of a stream that does not begin like a hub's. */
  noStart(): void {
    this.#note('this stream has no history of a hub: printing what it sends')
  }

  end(status: Extract<FeedStatus, { state: 'closed' }>): void {
    const { reason, end } = status
    if (end) {
      const why = [end.code, end.message].filter((text) => text !== undefined).join(': ')
      this.#note(`the run is ${printableLine(end.status)}${why && `: ${printableLine(why)}`}`)
    } else if (reason === 'ended') this.#note('the server has ended the stream')
    else if (reason === 'no_content') this.#note('the server has nothing to send (204)')
    if (!this.hasOpened && this.events === 0) return
    const seconds = (performance.now() - this.#startedAt) / 1_000
    const parts = [count(this.events, 'event'), `${seconds.toFixed(1)} s`]
    if (this.#reconnects > 0) parts.push(count(this.#reconnects, 'reconnect'))
    if (this.#gaps > 0) parts.push(count(this.#gaps, 'gap'))
    if (this.#lastId !== '') parts.push(`last id ${printableLine(this.#lastId)}`)
    this.#note(parts.join(', '))
  }

  #note(line: string): void {
    this.#terminal.note(`${localTime(new Date())} ${line}`)
  }
}

const GAPS: Record<string, string> = {
  epoch:
    'this log has another epoch than the id, such as after a restart of memory(); events in between are lost',
  ahead: 'the id is ahead of this log; events in between are lost',
  trimmed: 'older events are no longer retained',
  restarted: 'the run was started again: its earlier events are void',
}

function gapMeaning(data: string): string {
  try {
    const { reason } = JSON.parse(data)
    return GAPS[reason] ?? printableLine(String(reason))
  } catch {
    return 'events are missing'
  }
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
}
