import adapter from '@sveltejs/adapter-node'
import { sveltekit } from '@sveltejs/kit/vite'
import { defineConfig } from 'vite'

// As the built app: the port in PORT, or 3000.
const port = Number(process.env.PORT ?? 3000)

export default defineConfig({
  plugins: [sveltekit({ adapter: adapter() })],
  server: { port, strictPort: true },
})
