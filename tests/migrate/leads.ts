import { connect } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import { StreamReader } from '@sse/test-support/stream-reader'
import { until } from '@sse/test-support/until'
import { EventSource } from 'eventsource'

export interface Lead {
  id: number
  title: string
}

/** Follows the leads of a server, and returns what stops it. */
export type Follow = (baseUrl: string, show: (lead: Lead) => void) => (() => void) | Promise<() => void>

export type Publish = (lead: Lead) => unknown

const leads = defineStream({ path: '/leads', events: { lead: type<Lead>() } })

/** Ids increase over all tests of a file: a client that polls asks for higher ones. */
let lastId = 0
const newLead = (title = 'warm-up'): Lead => ({ id: ++lastId, title })

/** Titles of the leads that {@link shownBy} publishes: with line ends of each kind, and characters of each length. */
export const TITLES: readonly string[] = ['Ada', 'two\nlines, or\r\nthree, or\rfour', 'é 漢 🚀']

/** As a page does with a browser's `EventSource`. */
export const followByEventSource: Follow = (baseUrl, show) => {
  const source = new EventSource(`${baseUrl}/leads`)
  source.addEventListener('lead', ({ data }) => show(JSON.parse(data)))
  return () => source.close()
}

export const followByConnect: Follow = (baseUrl, show) => {
  const feed = connect(leads, { baseUrl })
  feed.on('lead', show)
  return () => feed.close()
}

/** The titles that a client shows of the leads with {@link TITLES}, which are published once it has shown another one. */
export async function shownBy(follow: Follow, baseUrl: string, publish: Publish): Promise<string[]> {
  const shown = new Map<number, string>()
  const stop = await follow(baseUrl, ({ id, title }) => shown.set(id, title))
  try {
    const warmUp = lastId
    const isFollowing = async () => {
      await publish(newLead())
      return [...shown.keys()].some((id) => id > warmUp)
    }
    await until(isFollowing, 'shows a lead', { intervalMs: 20 })
    const last = lastId
    for (const title of TITLES) await publish(newLead(title))
    await until(() => shown.has(lastId), 'shows the last lead')
    return [...shown].flatMap(([id, title]) => (id > last ? [title] : []))
  } finally {
    stop()
  }
}

/** The titles that a client gets that was away while `missed` was published. */
export async function readAround({
  baseUrl,
  publish,
}: {
  baseUrl: string
  publish: Publish
}): Promise<string[]> {
  const got: string[] = []
  const readOne = async (title: string, lastEventId?: string) => {
    // The response of some servers starts with the first event.
    const opening = StreamReader.open(`${baseUrl}/leads`, lastEventId)
    let reader: StreamReader | undefined
    opening.then((opened) => {
      reader = opened
    })
    const isRead = async () => {
      await publish(newLead(title))
      return titlesOf(reader).includes(title)
    }
    await until(isRead, `reads ${title}`, { intervalMs: 20 })
    reader?.close()
    got.push(...titlesOf(reader))
    return reader?.lastEventId
  }
  const id = await readOne('before')
  await publish(newLead('missed'))
  await readOne('after', id)
  return got.filter((title, index) => got.indexOf(title) === index)
}

const titlesOf = (reader?: StreamReader) => ((reader?.payloads ?? []) as Lead[]).map(({ title }) => title)
