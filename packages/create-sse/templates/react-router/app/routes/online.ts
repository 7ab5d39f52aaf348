import { hub } from '../hub.server.ts'

export const loader = () => Response.json({ connections: hub.stats().connections })
