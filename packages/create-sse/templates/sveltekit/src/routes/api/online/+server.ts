import { hub } from '#lib/server/hub.ts'

export function GET() {
  return Response.json({ connections: hub.stats().connections })
}
