import { hub } from '../../hub.ts'

export const GET = () => Response.json({ connections: hub.stats().connections })
