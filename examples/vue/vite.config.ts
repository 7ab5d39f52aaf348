import vue from '@vitejs/plugin-vue'
import { defaultClientConditions, defineConfig } from 'vite'

export default defineConfig({
  plugins: [vue()],
  // Only here, inside the repository of the SDK itself: its sources rather than its build.
  resolve: { conditions: ['@sse/source', ...defaultClientConditions] },
})
