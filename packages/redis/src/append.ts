import { type NewEntry, unavailable } from '@sse/server/engine-kit'
import { LOG_STATE, type RedisLog } from './log.ts'
import { Script } from './script.ts'

/** Number of the first channel's key in the script. */
const FIRST_INDEX = 4
/** Entries of one call: a command has at most 1,048,576 arguments. */
const MAX_ENTRIES = 10_000
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
  const values: string[] = []
  for (const { channel, event, data, key, idempotencyKey, traceparent = '' } of entries) {
    let index = channels.get(channel)
    if (index === undefined) {
      index = channels.size + FIRST_INDEX
      channels.set(channel, index)
    }
    values.push(String(index), channel, event, data, optional(key), optional(idempotencyKey), traceparent)
  }
  const reply = await log.call(APPEND, { channels: [...channels.keys()], values, needsIdempotency: true })
  const [epoch, , positions] = reply as [string, string, number[]]
  log.noteAppended(positions)
  return { epoch, positions }
}

const optional = (text: string | undefined): string => (text === undefined ? '' : `:${text}`)

/**
 * Keys: hash, log, idempotency keys, then the index of each channel. Arguments after the common ones, seven for each
 * entry: number of its index's key, channel, event, data, `''` or `:` and its key, `''` or `:` and its idempotency key,
 * trace context or `''`.
 * Returns `{epoch, generation, positions}`; without positions when the keys are of another generation.
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
local positions = {}
for i = 5, #ARGV, 7 do
  local channel, event, data, key, idempotency = ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5]
  local parent = ARGV[i + 6]
  local scoped = idempotency ~= '' and #channel .. ':' .. channel .. idempotency
  local held = scoped and redis.call('HGET', KEYS[3], scoped)
  held = held and tonumber(held)
  if held and held <= head and held > head - redis.call('XLEN', KEYS[2]) then
    positions[#positions + 1] = held
  else
    head = head + 1
    local position = text(head)
    local id = position .. '-0'
    if parent ~= '' then
      redis.call(
        'XADD', KEYS[2], id, 'c', channel, 'e', event, 'd', data, 't', at, 'k', key, 'i', idempotency, 'p', parent
      )
    elseif key == '' and idempotency == '' then
      redis.call('XADD', KEYS[2], id, 'c', channel, 'e', event, 'd', data, 't', at)
    else
      redis.call('XADD', KEYS[2], id, 'c', channel, 'e', event, 'd', data, 't', at, 'k', key, 'i', idempotency)
    end
    addToIndex(KEYS[tonumber(ARGV[i])], head)
    if scoped then redis.call('HSET', KEYS[3], scoped, position) end
    positions[#positions + 1] = head
  end
end
redis.call('HSET', KEYS[1], 'head', text(head))
return { epoch, generation, positions }
`)
