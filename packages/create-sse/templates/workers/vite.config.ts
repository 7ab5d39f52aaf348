import { cloudflare } from '@cloudflare/vite-plugin'
import { defineConfig } from 'vite'

const port = Number(process.env.PORT ?? 3000)

export default defineConfig({
  plugins: [cloudflare()],
  server: { port, strictPort: true },
  preview: { port, strictPort: true },
})
