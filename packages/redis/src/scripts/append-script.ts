import { LOG_STATE } from './log-state.ts'

/**
 * Keys: hash, log, idempotency keys, then an index for each channel. Arguments after the common three: the
 * generation that the keys are of, then six for each entry: number of its index's key, channel and event and data,
 * `''` or `:` and its key, `''` or `:` and its idempotency key. Answers `{epoch, generation, positions}`;
 * another generation than the keys' and no positions when nothing was stored.
 *
 * Most entries have neither key: the last two fields are left out for them.
 *
 * The log is written first: a server that is out of memory or forbids it refuses here, where nothing is half done.
 */
export const APPEND: string = `${LOG_STATE}
if ARGV[4] ~= generation then return { epoch, generation } end
local at = text(now())
local positions = {}
for i = 5, #ARGV, 6 do
  local idempotency = ARGV[i + 5]
  local held = idempotency ~= '' and redis.call('HGET', KEYS[3], idempotency)
  held = held and tonumber(held)
  if held and held > head - redis.call('XLEN', KEYS[2]) then
    positions[#positions + 1] = held
  else
    head = head + 1
    local position = text(head)
    local id = position .. '-0'
    local channel, event, data, key = ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
    if key == '' and idempotency == '' then
      redis.call('XADD', KEYS[2], id, 'c', channel, 'e', event, 'd', data, 't', at)
    else
      redis.call('XADD', KEYS[2], id, 'c', channel, 'e', event, 'd', data, 't', at, 'k', key, 'i', idempotency)
    end
    redis.call('XADD', KEYS[tonumber(ARGV[i])], id, '', '')
    if idempotency ~= '' then redis.call('HSET', KEYS[3], idempotency, position) end
    positions[#positions + 1] = head
  end
end
redis.call('HSET', KEYS[1], 'head', text(head))
return { epoch, generation, positions }
`
