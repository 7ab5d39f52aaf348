import type { Entry, Page } from '@sse/server/engine-kit'
import { LOG_STATE, type RedisLog } from './log.ts'
import { Script } from './script.ts'

/** Reads a page of the log, or of some channels. */
export async function readPage(
  log: RedisLog,
  after: number,
  limit: number,
  channels?: readonly string[],
): Promise<Page> {
  const wanted = channels && [...new Set(channels)]
  // Without a channel's key, the script would read all channels.
  const count = wanted?.length === 0 ? 0 : limit
  const reply = await log.call(READ, wanted ?? [], [String(after), String(count)])
  const [epoch, generation, head, oldest, entries] = reply as [string, string, number, number, RawEntry[]]
  log.note(epoch, generation, head)
  return { epoch, head, oldest, entries: entries.map(toEntry) }
}

type RawEntry = readonly [id: string, fields: readonly string[]]

/** The fields always have the same order; the two keys are left out together. */
function toEntry([id, fields]: RawEntry): Entry {
  const [, channel, , event, , data, , at, , key] = fields as string[]
  return {
    position: Number.parseInt(id, 10),
    at: Number(at),
    channel: channel as string,
    event: event as string,
    data: data as string,
    ...(key && { key: key.slice(1) }),
  }
}

/**
 * Keys: hash, log, then the index of each channel wanted. Arguments after the common ones: the position after which to
 * read, the limit. Returns `{epoch, generation, head, oldest, entries}`; the first two alone when the keys are of
 * another generation.
 *
 * `oldest` follows from the number of entries, which have no holes: it stays true if the server evicts the log. Each
 * index is read in pieces, until all pieces together reach far enough.
 */
const READ = new Script(`${LOG_STATE}
if ARGV[4] ~= generation then return { epoch, generation } end
local oldest = head - redis.call('XLEN', KEYS[2]) + 1
local after, limit = math.max(tonumber(ARGV[5]), oldest - 1), tonumber(ARGV[6])
local page = { epoch, generation, head, oldest, {} }
if limit == 0 or after >= head then return page end
if #KEYS == 2 then
  page[5] = redis.call('XRANGE', KEYS[2], text(after + 1), '+', 'COUNT', limit)
  return page
end
local found, reached, waiting = {}, {}, {}
for i = 3, #KEYS do
  reached[i], waiting[#waiting + 1] = after, i
end
local piece = math.min(limit, math.max(8, math.ceil(2 * limit / #waiting)))
local horizon
repeat
  for _, i in ipairs(waiting) do
    local ids = redis.call('XRANGE', KEYS[i], text(reached[i] + 1), '+', 'COUNT', piece)
    for _, entry in ipairs(ids) do
      reached[i] = tonumber(string.match(entry[1], '%d+'))
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
for _, position in ipairs(found) do
  if position > horizon or #page[5] == limit then break end
  local entry = redis.call('XRANGE', KEYS[2], text(position), text(position))[1]
  if entry then page[5][#page[5] + 1] = entry end
end
return page
`)
