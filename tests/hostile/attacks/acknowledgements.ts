import { setTimeout as sleep } from 'node:timers/promises'
import type { Attack } from '../attack.ts'
import { encodeRequest, exchange } from '../raw-socket.ts'
import { scaled } from '../scale.ts'

const SOCKETS = 10
const EACH = scaled(500)
const TIMEOUT_MS = 10_000

const encodeAck = (owner: string, id: string): string =>
  encodeRequest(`/beats/${owner}/ack`, { 'last-event-id': id, 'content-length': '0' }, { method: 'POST' })

/** Ids that no client was given: text, other logs, positions that do not exist yet. */
function randomId(known: string, index: number): string {
  const epoch = known.slice(0, known.lastIndexOf('-'))
  const random = Math.random().toString(36).slice(2)
  const ids = [
    random,
    `${random}-${index}`,
    `${epoch}-zzzzzzz`,
    `${epoch}-`,
    '-1',
    'x'.repeat(1 + (index % 1_024)),
  ]
  return ids[index % ids.length] as string
}

const count = (text: string, status: string): number => text.split(`HTTP/1.1 ${status}`).length - 1

/** Acknowledgements that are nonsense, or too many. */
export const acknowledgements: readonly Attack[] = [
  {
    name: 'refuses acknowledgements with random ids, however many come',
    run: async ({ openAll, oldId, server, violation }) => {
      let [text, closed] = ['', 0]
      const sockets = await openAll(SOCKETS)
      for (const socket of sockets) {
        socket.setEncoding('latin1').on('data', (chunk: string) => {
          text += chunk
        })
        socket.once('close', () => {
          closed += 1
        })
        socket.write(
          Array.from({ length: EACH }, (_, index) => encodeAck('liar', randomId(oldId, index))).join(''),
        )
      }
      const answers = () => count(text, '4')
      for (let waited = 0; answers() < SOCKETS * EACH && waited < TIMEOUT_MS; waited += 20) await sleep(20)
      if (answers() !== SOCKETS * EACH) {
        violation(`${answers()} of ${SOCKETS * EACH} acknowledgements were refused; ${closed} sockets closed`)
      }
      const accepted = count(text, '2')
      const committed = await server.call<string | undefined>('committed', 'liar')
      if (accepted > 0 || committed) violation(`${accepted} were accepted; ${committed} is stored`)
    },
    expectations: { requests: SOCKETS * EACH, maxSlots: 0 },
  },
  {
    name: 'delivers live events in time while one client acknowledges without pause on a log on disk',
    isLarge: true,
    server: { engine: 'sqlite', preload: { count: 100, bytes: 10 } },
    run: async ({ openAll, oldId }) => {
      const epoch = oldId.slice(0, oldId.lastIndexOf('-'))
      const sockets = await openAll(SOCKETS)
      for (const socket of sockets) {
        const acks = Array.from({ length: EACH }, (_, index) =>
          encodeAck('eager', `${epoch}-${(1 + (index % 30)).toString(36)}`),
        )
        socket.write(acks.join(''))
      }
    },
    holdMs: 1_000,
    // Each acknowledgement is a commit on the disk that events are stored on.
    expectations: { requests: SOCKETS * EACH, maxSlots: 0, acceptedP50Ms: 100 },
  },
  {
    name: 'is not held up by acknowledgements whose body never ends',
    isLarge: true,
    run: async ({ openAll, oldId }) => {
      const head = encodeRequest(
        '/beats/talkative/ack',
        { 'last-event-id': oldId, 'transfer-encoding': 'chunked' },
        { method: 'POST' },
      )
      const sockets = await openAll(scaled(50))
      for (const socket of sockets) socket.write(`${head}5\r\nhello\r\n`)
    },
    expectations: { requests: scaled(50), maxSlots: 0 },
  },
  {
    name: 'stores no acknowledgement that another page sends with a form',
    isLarge: true,
    run: async ({ http1, oldId, server, violation }) => {
      const form = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '0' }
      const target = `/beats/victim/ack?lastEventId=${oldId}`
      const { statuses } = await exchange(http1, encodeRequest(target, form, { method: 'POST' }))
      const committed = await server.call<string | undefined>('committed', 'victim')
      if (committed || statuses[0] === 204)
        violation(`It was answered with ${statuses[0]}; ${committed} is stored`)
    },
    expectations: { requests: 1 },
  },
]
