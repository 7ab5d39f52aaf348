import { type NewEntry, unavailable } from '@sse/server/engine-kit'
import { LOG_STATE, type RedisLog } from './log.ts'
import { Script } from './script.ts'

/** Number of the first channel's key in the script. */
const FIRST_INDEX = 4
/** Entries of one call: a command has at most 1,048,576 arguments. */
const MAX_ENTRIES = 10_000
/** The argument that stands for entries of a channel, an event and data alone. */
const PLAIN = 'plain'
/** Space for the names and keys of an entry, in bytes. */
const ENTRY_OVERHEAD = 4_096

export interface Appended {
  readonly epoch: string
  readonly positions: number[]
}

/** Stores entries. Those of one call of the script are stored together, or none of them. */
export async function appendEntries(
  log: RedisLog,
  entries: readonly NewEntry[],
  maxBytes: number,
): Promise<Appended> {
  let appended: Appended | undefined
  for (const piece of inPieces(entries, maxBytes)) {
    const { epoch, positions } = await appendPiece(log, piece)
    if (appended && appended.epoch !== epoch) {
      throw unavailable('The log on Redis was replaced between two parts of a large batch')
    }
    appended = { epoch, positions: [...(appended?.positions ?? []), ...positions] }
  }
  return appended as Appended
}

/** At least one piece, even of no entries. */
function inPieces(entries: readonly NewEntry[], maxBytes: number): NewEntry[][] {
  const pieces: NewEntry[][] = [[]]
  let bytes = 0
  for (const entry of entries) {
    const piece = pieces.at(-1) as NewEntry[]
    const size = Buffer.byteLength(entry.data) + ENTRY_OVERHEAD
    if (piece.length > 0 && (bytes + size > maxBytes || piece.length === MAX_ENTRIES)) {
      pieces.push([entry])
      bytes = size
    } else {
      piece.push(entry)
      bytes += size
    }
  }
  return pieces
}

async function appendPiece(log: RedisLog, entries: readonly NewEntry[]): Promise<Appended> {
  const channels = new Map<string, number>()
  const isPlain = entries.every(
    ({ key, idempotencyKey, traceparent }) =>
      key === undefined && idempotencyKey === undefined && traceparent === undefined,
  )
  const values: string[] = [isPlain ? PLAIN : '']
  for (const { channel, event, data, key, idempotencyKey, traceparent = '' } of entries) {
    let index = channels.get(channel)
    if (index === undefined) {
      index = channels.size + FIRST_INDEX
      channels.set(channel, index)
    }
    values.push(String(index), event, data)
    if (!isPlain) values.push(optional(key), optional(idempotencyKey), traceparent)
  }
  const reply = await log.call(APPEND, { channels: [...channels.keys()], values, needsIdempotency: true })
  const [epoch, , assigned] = reply as [string, string, number | number[]]
  const positions = typeof assigned === 'number' ? entries.map((_, index) => assigned + index) : assigned
  log.noteAppended(positions)
  return { epoch, positions }
}

const optional = (text: string | undefined): string => (text === undefined ? '' : `:${text}`)

/**
 * Keys: hash, log, idempotency keys, then the index of each channel. Arguments after the common ones: whether no entry
 * has more than a channel, an event and data; then for each entry: number of its index's key, whose name ends with the
 * channel, event and data. Unless all are plain, each has three more: `''` or `:` and its key, `''` or `:` and its
 * idempotency key, trace context or `''`. Without these and the channel, ten plain entries cost the server a fifth less.
 * Returns `{epoch, generation, positions}`, or the first position of plain entries; without positions when the keys are
 * of another generation.
 *
 * Most entries have neither key nor trace context: these fields are left out. An idempotency key is held for its channel, whose
 * length comes first so that no two pairs read alike.
 *
 * The log is written first: a server that is out of memory, or forbids writing, refuses here, where nothing is half
 * done.
 */
const APPEND = new Script(`${LOG_STATE}
if ARGV[4] ~= generation then return { epoch, generation } end
local at = text(now())
local call = redis.call
local afterPrefix = #indexOf('') + 1
if ARGV[5] == '${PLAIN}' then
  local first = head + 1
  for i = 6, #ARGV, 3 do
    local key = KEYS[tonumber(ARGV[i])]
    head = head + 1
    local id = text(head) .. '-0'
    call('XADD', KEYS[2], id, 'c', string.sub(key, afterPrefix), 'e', ARGV[i + 1], 'd', ARGV[i + 2], 't', at)
    addToIndex(key, head, id)
  end
  call('HSET', KEYS[1], 'head', text(head))
  return { epoch, generation, first }
end
local positions = {}
for i = 6, #ARGV, 6 do
  local indexKey = KEYS[tonumber(ARGV[i])]
  local channel, event, data = string.sub(indexKey, afterPrefix), ARGV[i + 1], ARGV[i + 2]
  local key, idempotency, parent = ARGV[i + 3], ARGV[i + 4], ARGV[i + 5]
  local scoped = idempotency ~= '' and #channel .. ':' .. channel .. idempotency
  local held = scoped and call('HGET', KEYS[3], scoped)
  held = held and tonumber(held)
  if held and held <= head and held > head - call('XLEN', KEYS[2]) then
    positions[#positions + 1] = held
  else
    head = head + 1
    local position = text(head)
    local id = position .. '-0'
    if parent ~= '' then
      call('XADD', KEYS[2], id, 'c', channel, 'e', event, 'd', data, 't', at, 'k', key, 'i', idempotency, 'p', parent)
    elseif key == '' and idempotency == '' then
      call('XADD', KEYS[2], id, 'c', channel, 'e', event, 'd', data, 't', at)
    else
      call('XADD', KEYS[2], id, 'c', channel, 'e', event, 'd', data, 't', at, 'k', key, 'i', idempotency)
    end
    addToIndex(indexKey, head, id)
    if scoped then call('HSET', KEYS[3], scoped, position) end
    positions[#positions + 1] = head
  end
end
call('HSET', KEYS[1], 'head', text(head))
return { epoch, generation, positions }
`)
