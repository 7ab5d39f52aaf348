import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defaultClientConditions, defineConfig } from 'vite'

export default defineConfig({
  plugins: [svelte({ configFile: false })],
  // Only here, inside the repository of the SDK itself: its sources rather than its build.
  resolve: { conditions: ['@sse/source', ...defaultClientConditions] },
})
