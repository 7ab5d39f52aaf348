import { setTimeout } from 'node:timers/promises'
import { connect } from '@sse/client'
import { leads } from '@sse-examples/lead-desk/stream'
import type { Desk, SignedIn } from './desk.ts'

export const owners = ['ada', 'ben', 'chloe'] as const
export type Owner = (typeof owners)[number]

/** Assigns leads to everybody, one after the other, until told to stop; each is asked for until it is answered. */
export async function assignLeads(dana: SignedIn, until: AbortSignal) {
  const made: { id: number; owner: Owner }[] = []
  let retries = 0
  while (!until.aborted) {
    const owner = owners[Math.floor(Math.random() * owners.length)] ?? 'ada'
    const requestId = crypto.randomUUID()
    while (true) {
      const response = await dana.assign(owner, `Lead of ${requestId}`, requestId).catch(() => undefined)
      if (response?.status === 201) {
        const { lead } = (await response.json().catch(() => ({}))) as { lead?: { id: number } }
        if (lead) {
          made.push({ id: lead.id, owner })
          break
        }
      } else if (response && response.status < 500) {
        throw new Error(`assigning: ${response.status} ${await response.text()}`)
      }
      retries += 1
      await setTimeout(20)
    }
    await setTimeout(Math.random() * 60)
  }
  return { made, retries }
}

/** Kills the server at random moments, mostly with -9, and starts it again. It runs in the end. */
export async function killNowAndThen(desk: Desk, until: AbortSignal): Promise<number> {
  let kills = 0
  while (true) {
    await setTimeout(300 + Math.random() * 2_000, undefined, { signal: until }).catch(() => {})
    if (until.aborted) return kills
    await desk.stop(Math.random() < 0.8 ? 'SIGKILL' : 'SIGTERM')
    kills += 1
    await desk.start()
  }
}

/** A scripted device in one person's hands: what it saw, in the order in which it did. */
export class Device {
  readonly owner: Owner
  readonly seen: number[] = []
  gaps = 0
  readonly #desk: Desk
  readonly #session: SignedIn
  #feed: ReturnType<Device['follow']> | undefined

  constructor(desk: Desk, session: SignedIn, owner: Owner) {
    this.owner = owner
    this.#desk = desk
    this.#session = session
    this.switchOn()
  }

  /** Whether it knows where it stands: one that does not begins where its owner has got to. */
  get isPlaced(): boolean {
    return this.#feed?.lastEventId !== ''
  }

  /** Goes on after the last event that it got. */
  switchOn(): void {
    this.#feed = this.follow(this.#feed?.lastEventId ?? '')
  }

  switchOff(): void {
    this.#feed?.close()
  }

  follow(lastEventId: string) {
    const feed = connect(leads, {
      baseUrl: this.#desk.url,
      params: { owner: this.owner },
      headers: this.#session.headers,
      reconnect: { jitterMs: 50, maxJitterMs: 400 },
      lastEventId,
    })
    feed.on('lead', ({ id }, meta) => {
      this.seen.push(id)
      // So that its position moves while everything around it falls over.
      if (id % 5 === 0) feed.ack(meta.id).catch(() => {})
    })
    feed.on('gap', () => {
      this.gaps += 1
    })
    return feed
  }

  /** Off for some time, on for some, until told to stop; on in the end. */
  async flicker(until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      await setTimeout(Math.random() * 1_500)
      this.switchOff()
      await setTimeout(Math.random() * 1_500)
      this.switchOn()
    }
  }
}
