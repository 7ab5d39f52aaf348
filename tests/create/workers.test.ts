import { driveTemplate } from './drive.ts'

// Without a network, the development server waits for what Cloudflare knows of the machine's address.
const env = { CLOUDFLARE_CF_FETCH_ENABLED: 'false', WRANGLER_SEND_METRICS: 'false' }

driveTemplate('workers', { env })
