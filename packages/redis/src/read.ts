import { type Entry, finiteLimit, type Page, type ReadOptions } from '@sse/server/engine-kit'
import type { Reply } from './connection.ts'
import { LOG_STATE, type LogCall, type RedisLog } from './log.ts'
import { Script } from './script.ts'

/** Runs the script of a read, on whichever connection. */
export type CallRead = (script: Script, call: LogCall) => Promise<Reply[]>

/** Reads a page of the log, or of some channels. */
export async function readPage(
  callRead: CallRead,
  after: number,
  { limit, maxBytes, channels }: ReadOptions,
): Promise<Page> {
  const wanted = channels && [...new Set(channels)]
  // Without a channel's key, the script would read all channels.
  const count = wanted?.length === 0 ? 0 : limit
  const limits = [count, maxBytes].map((each) => String(finiteLimit(each) ?? Number.MAX_SAFE_INTEGER))
  const call = { channels: wanted ?? [], values: [String(after), ...limits] }
  const reply = await callRead(READ, call)
  const [epoch, , head, oldest, reached, rows] = reply as [string, string, number, number, number, RawEntry[]]
  const entries = rows.map(toEntry)
  if (count === 0)
    return { epoch, head, oldest, entries, reached: wanted?.length === 0 ? Math.max(after, head) : after }
  const page = { epoch, head, oldest, entries, reached: Math.max(after, reached) }
  return wanted ? page : withoutHoles(page, after)
}

/** Reads the state alone, and notes it. */
export async function readState(log: RedisLog): Promise<void> {
  const call = { channels: [], values: ['0', '0', '0'] }
  const [epoch, generation, head] = (await log.call(READ, call)) as [string, string, number]
  log.note(epoch, generation, head)
}

type RawEntry = readonly [
  position: number,
  channel: string | null,
  event: string | null,
  data: string | null,
  at: string | null,
  key: string | null,
  traceparent: string | null,
]

/** Other programs may leave out any field: the hub decides what it can deliver. */
export function toEntry([position, channel, event, data, time, key, traceparent]: RawEntry): Entry {
  const at = Number(time)
  return {
    position,
    at: time && Number.isSafeInteger(at) ? at : Date.now(),
    channel: channel ?? '',
    // An entry without data is a mistake, not an event without a payload: those have empty data.
    event: data === null ? '' : (event ?? ''),
    data: data ?? '',
    ...(key?.startsWith(':') && { key: key.slice(1) }),
    ...(traceparent && { traceparent }),
  }
}

/** An entry that was deleted by hand is a hole: everything before it counts as trimmed. */
function withoutHoles(page: Page, after: number): Page {
  const { entries, reached, oldest } = page
  const first = Math.max(after + 1, oldest)
  if (entries.length === Math.max(0, reached - first + 1)) return page
  let from = reached + 1
  while (entries[entries.length - 1 - (reached - (from - 1))]?.position === from - 1) from -= 1
  return { ...page, oldest: from, entries: entries.filter(({ position }) => position >= from) }
}

/**
 * Keys: hash, log, then the index of each channel wanted. Arguments after the common ones: the position after which to
 * read, the limit, the maximum of bytes. Returns `{epoch, generation, head, oldest, reached, entries}`; the first two
 * alone when the keys are of another generation.
 *
 * `oldest` follows from the number of entries, which have no holes: it stays true if the server evicts the log. Each
 * index is read in pieces, until all pieces together reach far enough. Fields are found by their names, and an entry
 * of an index only counts if the log has one of that channel there: other programs may have written either.
 */
const READ = new Script(`${LOG_STATE}
if ARGV[4] ~= generation then return { epoch, generation } end
local oldest = head - redis.call('XLEN', KEYS[2]) + 1
local after, limit, maxBytes = math.max(tonumber(ARGV[5]), oldest - 1), tonumber(ARGV[6]), tonumber(ARGV[7])
local rows, bytes, names, largest = {}, 0, 0, 1
if limit == 0 or after >= head then return { epoch, generation, head, oldest, math.max(after, head), rows } end
local function take(position, fields)
  local entry = pick(fields)
  local size = #(entry.d or '')
  rows[#rows + 1] = {
    position, entry.c or false, entry.e or false, entry.d or false, entry.t or false, entry.k or false, entry.p or false
  }
  bytes, largest = bytes + size, math.max(largest, size)
  names = names + #(entry.c or '') + #(entry.e or '') + #(entry.k or '') + #(entry.p or '')
  return #rows == limit or bytes >= maxBytes or names >= ${4 * 1_048_576}
end
if #KEYS == 2 then
  local reached = after
  repeat
    local count = math.max(1, math.min(PIECE, limit - #rows, math.floor((maxBytes - bytes) / largest)))
    if #rows == 0 then count = 1 end
    local entries = redis.call('XRANGE', KEYS[2], text(reached + 1), text(head), 'COUNT', count)
    for _, entry in ipairs(entries) do
      reached = positionOf(entry[1])
      if take(reached, entry[2]) then return { epoch, generation, head, oldest, reached, rows } end
    end
  until #entries < count
  return { epoch, generation, head, oldest, head, rows }
end
local wanted, found, reached, waiting = {}, {}, {}, {}
for i = 3, #KEYS do
  wanted[KEYS[i]] = true
  reached[i], waiting[#waiting + 1] = after, i
end
local piece = math.min(limit, math.max(8, math.ceil(2 * limit / #waiting)))
local horizon
repeat
  for _, i in ipairs(waiting) do
    local ids = redis.call('XRANGE', KEYS[i], text(reached[i] + 1), text(head), 'COUNT', piece)
    for _, entry in ipairs(ids) do
      reached[i] = positionOf(entry[1])
      found[#found + 1] = reached[i]
    end
    if #ids < piece then reached[i] = head end
  end
  table.sort(found)
  horizon, waiting = head, {}
  for i = 3, #KEYS do horizon = math.min(horizon, reached[i]) end
  for i = 3, #KEYS do
    if reached[i] == horizon and horizon < head then waiting[#waiting + 1] = i end
  end
  piece = math.min(piece * 2, limit)
until #waiting == 0 or (found[limit] and found[limit] <= horizon)
local last = after
for _, position in ipairs(found) do
  if position > horizon then break end
  if position > last then
    last = position
    local entry = redis.call('XRANGE', KEYS[2], text(position), text(position), 'COUNT', 1)[1]
    local channel = entry and pick(entry[2]).c
    if channel and wanted[indexOf(channel)] and take(position, entry[2]) then
      return { epoch, generation, head, oldest, position, rows }
    end
  end
end
return { epoch, generation, head, oldest, horizon, rows }
`)
