import { LOG_STATE } from './log-state.ts'

/**
 * Keys: hash, log, then the index of each channel asked for. Arguments after the common three: the generation that
 * the keys are of, the position after which to read, the limit. Answers
 * `{epoch, generation, head, oldest, entries}`; another generation than the keys' when they are to be made anew.
 *
 * `oldest` follows from the number of entries, which have no holes: should the server have evicted the log, it says
 * so by itself. An index is read in pieces, until what all have given reaches far enough.
 */
export const READ: string = `${LOG_STATE}
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
`
