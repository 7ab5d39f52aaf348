import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig } from 'vite'

export default defineConfig({
  plugins: [react()],
  // Only here, inside the repository of the SDK itself: its sources rather than its build.
  resolve: { conditions: ['@sse/source', ...defaultClientConditions] },
})
