import { randomName, unavailable } from '@sse/server/engine-kit'
import type { PrimaryConnection, RedisConnection, Reply } from './connection.ts'
import type { HubKeys, LogKeys } from './keys.ts'
import type { Script } from './script.ts'

/** Runs work on a connection. */
export type RunOnConnection = (work: (connection: RedisConnection) => Promise<Reply>) => Promise<Reply>

export interface LogCall {
  /** Channels whose indexes the script reads or writes. */
  readonly channels: readonly string[]
  /** Arguments after those of `LOG_STATE`. */
  readonly values: readonly string[]
  readonly needsIdempotency?: boolean
}

/** Attempts to call a script on a log that is flushed again and again. */
const MAX_ATTEMPTS = 5

/**
 * The log of a hub on the server: runs scripts on its keys, and notes the epoch and the positions that their replies
 * name.
 */
export class RedisLog {
  readonly #keys: HubKeys
  readonly #connection: PrimaryConnection
  readonly #onReplaced: () => void
  #log: LogKeys
  #epoch = ''
  #head = 0
  #appended = 0

  /** @param onReplaced is called when the server has another log, or another epoch of it. */
  constructor(keys: HubKeys, connection: PrimaryConnection, onReplaced: () => void) {
    this.#keys = keys
    this.#connection = connection
    this.#onReplaced = onReplaced
    this.#log = keys.log('')
  }

  get keys(): LogKeys {
    return this.#log
  }

  /** Highest position that any reply has named. */
  get head(): number {
    return this.#head
  }

  /** Highest position that this process has appended. */
  get appended(): number {
    return this.#appended
  }

  /**
   * Calls a script that starts with `LOG_STATE`. The script does nothing, and is called again, when the log was
   * started over since the last reply.
   */
  async call(script: Script, call: LogCall): Promise<Reply[]> {
    return this.#call(
      script,
      call,
      (work) => this.#connection.run(work),
      (epoch, generation) => this.note(epoch, generation),
    )
  }

  /**
   * Does the same on another connection. Its replies may be older than those of the first: they do not decide which log
   * is the current one.
   *
   * @param refresh makes a call on the first connection.
   */
  async callOn(
    run: RunOnConnection,
    refresh: () => Promise<unknown>,
    script: Script,
    call: LogCall,
  ): Promise<Reply[]> {
    return this.#call(script, call, run, async (_, generation) => {
      if (generation !== this.#log.generation) await refresh()
    })
  }

  async #call(
    script: Script,
    { channels, values, needsIdempotency }: LogCall,
    run: RunOnConnection,
    onReply: (epoch: string, generation: string) => void | Promise<void>,
  ): Promise<Reply[]> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const { generation: sent, log, idempotency, indexPrefix } = this.#log
      const keys = [this.#keys.hash, log]
      if (needsIdempotency) keys.push(idempotency)
      for (const channel of channels) keys.push(indexPrefix + channel)
      const reply = (await run((connection) =>
        script.call(connection, keys, [...this.#stateValues(), ...values]),
      )) as Reply[]
      const [epoch, generation] = reply as [string, string]
      await onReply(epoch, generation)
      if (generation === sent) return reply
    }
    throw unavailable('The log on Redis is being replaced again and again')
  }

  note(epoch: string, generation: string, head = 0): void {
    if (generation !== this.#log.generation || epoch !== this.#epoch) {
      this.#epoch = epoch
      this.#head = 0
      this.#appended = 0
      this.#log = this.#keys.log(generation)
      this.#onReplaced()
    }
    this.#head = Math.max(this.#head, head)
  }

  noteAppended(positions: readonly number[]): void {
    for (const position of positions) this.#appended = Math.max(this.#appended, position)
    this.#head = Math.max(this.#head, this.#appended)
  }

  /** First arguments of every script on the log. */
  #stateValues(): string[] {
    return [randomName(12), this.#epoch, String(this.#head), this.#log.generation]
  }
}

/**
 * Beginning of every script on the log: makes the log if it is missing, and reads its state. The first key is the
 * hub's hash, the second the log. Arguments: 1 a random name for a new log or epoch, 2 the epoch and 3 the highest
 * position that the caller has seen, 4 the generation of the keys passed.
 *
 * `generation` is part of the log's keys: after a flush, nothing of an older log can be taken for the new one.
 * The epoch is a stored random name and the replication id, which changes with every promotion and restart. Reading it
 * here, and not once for each connection, leaves no moment in which an old epoch goes with new positions.
 *
 * Entries behind the head were added by another program, with whatever id. `adopt` gives them the next positions, so
 * that they can neither stop the log nor leave a hole in it. Entries are read a few at a time: however large they are,
 * a script needs little memory.
 */
export const LOG_STATE: string = `
local info = redis.pcall('INFO', 'replication')
local replid = ''
if type(info) == 'string' then
  if string.find(info, 'role:slave', 1, true) then return redis.error_reply('-SSEREPLICA this is a replica') end
  local found = string.find(info, 'master_replid:', 1, true)
  if found then replid = string.sub(info, found + 14, found + 25) end
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
local PIECE = 8
local function text(number) return string.format('%.0f', number) end
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
local function indexOf(channel) return KEYS[1] .. ':' .. generation .. ':channel:' .. channel end
local function positionOf(id) return tonumber(string.match(id, '^%d+')) end
local function pick(fields)
  local picked = {}
  for i = 1, #fields - 1, 2 do
    local name = fields[i]
    if #name == 1 and not picked[name] then picked[name] = fields[i + 1] end
  end
  return picked
end
local function endAt(key, position)
  if redis.call('XLEN', key) == 0 then
    redis.call('DEL', key)
  else
    redis.call('XSETID', key, text(position) .. '-0', 'ENTRIESADDED', redis.call('XLEN', key), 'MAXDELETEDID', '0-1')
  end
end
local function behind(key, position)
  return redis.call('XRANGE', key, '(' .. text(position) .. '-0', '+', 'COUNT', PIECE)
end
local function addToIndex(key, position, id)
  local answer = redis.pcall('XADD', key, id, '', '')
  if type(answer) == 'string' then return end
  local strays = behind(key, position - 1)
  if #strays == 0 then return redis.call('XADD', key, id, '', '') end
  while #strays > 0 do
    for _, stray in ipairs(strays) do redis.call('XDEL', key, stray[1]) end
    strays = behind(key, position - 1)
  end
  endAt(key, position - 1)
  redis.call('XADD', key, id, '', '')
end
local function adopt()
  local entries = behind(KEYS[2], head)
  if #entries == 0 then return end
  local aside, at, isMoving = KEYS[2] .. ':aside', text(now()), false
  local function index(entry)
    if entry.c and #entry.c > 0 and #entry.c <= 1024 then addToIndex(indexOf(entry.c), head, text(head) .. '-0') end
  end
  while #entries > 0 do
    for _, entry in ipairs(entries) do
      local picked = pick(entry[2])
      if not isMoving and entry[1] == text(head + 1) .. '-0' then
        head = head + 1
        index(picked)
      else
        isMoving = true
        redis.call('XADD', aside, '*', 'c', picked.c or '', 'e', picked.d and picked.e or '', 'd', picked.d or '', 'k', picked.k or '')
        redis.call('XDEL', KEYS[2], entry[1])
      end
    end
    entries = behind(KEYS[2], head)
  end
  if isMoving then
    endAt(KEYS[2], head)
    local last = '-'
    repeat
      entries = redis.call('XRANGE', aside, last, '+', 'COUNT', PIECE)
      for _, entry in ipairs(entries) do
        local picked = pick(entry[2])
        head = head + 1
        redis.call('XADD', KEYS[2], text(head) .. '-0', 'c', picked.c, 'e', picked.e, 'd', picked.d, 't', at, 'k', picked.k, 'i', '')
        index(picked)
        last = '(' .. entry[1]
      end
    until #entries == 0
    redis.call('DEL', aside)
  end
  redis.call('HSET', KEYS[1], 'head', text(head))
end
if ARGV[4] == generation then adopt() end
`
