import { redis } from '@sse/redis'
import { createHub } from '@sse/server'
import { sqlite } from '@sse/sqlite'
import { room } from './src/room.ts'

/**
 * Where the events are. Lambda runs many copies of the function, each with a memory of its own and one request at a time:
 * there, Redis connects them. One server on your machine has enough with a file.
 */
const { REDIS_URL, ROOM_DB = 'room.db' } = process.env
const engine = REDIS_URL ? redis({ url: REDIS_URL, name: 'room' }) : sqlite(ROOM_DB)

export const hub = createHub(room, { engine })
