import { finiteLimit, type Retention } from '@sse/server/engine-kit'
import { LOG_STATE, type RedisLog } from './log.ts'
import { Script } from './script.ts'

/** Limits of one call: other commands wait for about two milliseconds. */
const MAX_ENTRIES = 1_024
const MAX_BYTES = 1_048_576

/** Removes the oldest entries that exceed a limit. @returns whether there may be more to remove. */
export async function trimPiece(log: RedisLog, { maxEvents, maxAgeMs }: Retention): Promise<boolean> {
  const values = [maxEvents, maxAgeMs].map((limit) => String(finiteLimit(limit) ?? ''))
  const [, , isMore] = await log.call(TRIM, { channels: [], values, needsIdempotency: true })
  return isMore !== 0
}

/**
 * Keys: hash, log, idempotency keys. The indexes are named by the entries and lie on the same node. Arguments after the
 * common ones: how many entries may stay, how old they may be in milliseconds (`''` for no limit). Returns
 * `{epoch, generation, whether there is more}`.
 *
 * Stops at the first entry that both limits keep: no hole, even after the clock was set back. An entry without a time
 * is old.
 */
const TRIM = new Script(`${LOG_STATE}
if ARGV[4] ~= generation then return { epoch, generation, 1 } end
local function removeUpTo(key, position)
  redis.call('XTRIM', key, 'MINID', text(position + 1))
  -- It stops at the place where an entry of another program was removed.
  local left
  repeat
    left = redis.call('XRANGE', key, '-', text(position), 'COUNT', PIECE)
    for _, entry in ipairs(left) do redis.call('XDEL', key, entry[1]) end
  until #left == 0
end
local last = ARGV[5] == '' and 0 or head - tonumber(ARGV[5])
local olderThan = ARGV[6] == '' and -1 or now() - tonumber(ARGV[6])
local removed, bytes, up, isMore, indexes = 0, 0, 0, 1, {}
repeat
  local entries = redis.call('XRANGE', KEYS[2], text(up + 1), text(head), 'COUNT', PIECE)
  if #entries == 0 then isMore = 0 end
  for _, entry in ipairs(entries) do
    local position, fields = positionOf(entry[1]), pick(entry[2])
    if position > last and (olderThan < 0 or (tonumber(fields.t) or 0) > olderThan) then
      isMore = 0
      break
    end
    up, removed, bytes = position, removed + 1, bytes + #(fields.d or '')
    if fields.c then
      indexes[fields.c] = position
      if fields.i and fields.i ~= '' then redis.call('HDEL', KEYS[3], #fields.c .. ':' .. fields.c .. fields.i) end
    end
  end
until isMore == 0 or removed >= ${MAX_ENTRIES} or bytes >= ${MAX_BYTES}
if removed > 0 then
  for channel, position in pairs(indexes) do
    local index = indexOf(channel)
    removeUpTo(index, position)
    if redis.call('XLEN', index) == 0 then redis.call('DEL', index) end
  end
  removeUpTo(KEYS[2], up)
end
return { epoch, generation, isMore }
`)
