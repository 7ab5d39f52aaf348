/**
 * Which log it is, for scripts that touch it. Their first key is the hub's hash, their first arguments:
 * 1 a random name for what has to be made anew, 2 the epoch and 3 the highest position that the caller has seen.
 *
 * `generation` names the keys of the log: after a flush nothing of an older log can be taken for the new one.
 * The epoch is a stored random one and the replication id, which changes on a promotion and on a restart. Asking
 * for it here, not once for a connection, leaves no moment in which an old epoch goes with new positions.
 */
export const LOG_STATE: string = `
local info = redis.pcall('INFO', 'replication')
local replid = ''
if type(info) == 'string' then
  if string.find(info, 'role:slave', 1, true) then return redis.error_reply('-SSEREPLICA this is a replica') end
  replid = string.sub(string.match(info, 'master_replid:(%w+)') or '', 1, 12)
end
local meta = redis.call('HMGET', KEYS[1], 'kind', 'generation', 'epoch', 'head')
if not meta[1] then
  if redis.call('EXISTS', KEYS[1]) == 1 then return redis.error_reply('-SSEFOREIGN not a log of @sse/redis') end
  meta = { '@sse/redis 1', ARGV[1], ARGV[1], '0' }
  redis.call('HSET', KEYS[1], 'kind', meta[1], 'generation', meta[2], 'epoch', meta[3], 'head', meta[4])
end
if meta[1] ~= '@sse/redis 1' then
  if string.sub(meta[1], 1, 10) == '@sse/redis' then return redis.error_reply('-SSENEWER a log of a newer version') end
  return redis.error_reply('-SSEFOREIGN not a log of @sse/redis')
end
local generation, epoch, head = meta[2], meta[3] .. replid, tonumber(meta[4])
if ARGV[2] == epoch and head < tonumber(ARGV[3]) then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1])
  epoch = ARGV[1] .. replid
end
local function text(number) return string.format('%.0f', number) end
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
`
