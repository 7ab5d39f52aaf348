import { json } from '@sveltejs/kit'
import { hub } from '../../../lib/server/hub.ts'

export function GET() {
  return json({ connections: hub.stats().connections })
}
