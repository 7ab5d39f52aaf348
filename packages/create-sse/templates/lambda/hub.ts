import { redis } from '@sse/redis'
import { createHub } from '@sse/server'
import { sqlite } from '@sse/sqlite'
import { room } from './src/room.ts'

/**
 * Lambda runs many copies of the function, each with separate memory and one request at a time. Redis connects them. A
 * server on your machine needs only a file.
 */
const { REDIS_URL, ROOM_DB = 'room.db' } = process.env
const engine = REDIS_URL ? redis({ url: REDIS_URL, name: 'room', timeoutMs: 10_000 }) : sqlite(ROOM_DB)

export const hub = createHub(room, { engine })
