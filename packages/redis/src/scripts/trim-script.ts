import { LOG_STATE } from './log-state.ts'

/** What one call may remove: other commands wait for about two milliseconds. */
const MAX_ENTRIES = 1_024
const MAX_BYTES = 1_048_576

/**
 * Keys: hash, log, idempotency keys; the indexes are named by the entries, and lie beside them. Arguments after
 * the common three: the generation that the keys are of, how many may stay, how old they may be in milliseconds (both
 * `''` for any), what the hub's keys start with. Answers `{epoch, generation, whether there is more}`.
 *
 * From the oldest on, up to the first entry that both limits let stay: no hole, also when the clock went back.
 */
export const TRIM: string = `${LOG_STATE}
if ARGV[4] ~= generation then return { epoch, generation, 1 } end
local last = ARGV[5] == '' and 0 or head - tonumber(ARGV[5])
local olderThan = ARGV[6] == '' and -1 or now() - tonumber(ARGV[6])
local removed, bytes, up, isMore, indexes = 0, 0, 0, 1, {}
repeat
  local entries = redis.call('XRANGE', KEYS[2], text(up + 1), '+', 'COUNT', 16)
  if #entries == 0 then isMore = 0 end
  for _, entry in ipairs(entries) do
    local position, fields = tonumber(string.match(entry[1], '%d+')), entry[2]
    if position > last and tonumber(fields[8]) > olderThan then
      isMore = 0
      break
    end
    up, removed, bytes = position, removed + 1, bytes + #fields[6]
    indexes[fields[2]] = position
    if fields[12] and fields[12] ~= '' then redis.call('HDEL', KEYS[3], fields[12]) end
  end
until isMore == 0 or removed >= ${MAX_ENTRIES} or bytes >= ${MAX_BYTES}
if removed > 0 then
  for channel, position in pairs(indexes) do
    local index = ARGV[7] .. generation .. ':channel:' .. channel
    redis.call('XTRIM', index, 'MINID', text(position + 1))
    if redis.call('XLEN', index) == 0 then redis.call('DEL', index) end
  end
  redis.call('XTRIM', KEYS[2], 'MINID', text(up + 1))
end
return { epoch, generation, isMore }
`
