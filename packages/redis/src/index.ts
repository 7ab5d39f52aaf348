export { type RedisEngine, redis } from './redis.ts'
export type { Address, Credentials, RedisOptions, SentinelOptions } from './redis-options.ts'
