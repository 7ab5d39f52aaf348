export type { Address, Credentials, Login, RedisOptions, SentinelOptions } from './options.ts'
export { type RedisEngine, redis } from './redis.ts'
