import { hub, version } from '../../lib/hub.js'

export async function GET({ url }) {
  await hub.publish('everyone', 'count', Number(url.searchParams.get('count')))
  return new Response(`version ${version}`)
}
