import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig } from 'vite'

export default defineConfig({
  root: fileURLToPath(new URL('web', import.meta.url)),
  plugins: [react()],
  // Only here, inside the repository of the SDK itself: its sources rather than its build.
  resolve: {
    conditions: ['@sse/source', ...defaultClientConditions],
    // The app's own: the hooks' source has none beside it where only what runs was installed.
    dedupe: ['react', 'react-dom'],
  },
})
