/** Key: commits. Arguments: subscriber, epoch, position. Within one epoch a commit moves forward only. */
export const COMMIT: string = `
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held then
  local epoch, position = string.match(held, '^(%w+) (%d+)$')
  if epoch == ARGV[2] and tonumber(position) >= tonumber(ARGV[3]) then return 0 end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
return 1
`
