import { defaultClientConditions, defineConfig } from 'vite'
import solid from 'vite-plugin-solid'

export default defineConfig({
  plugins: [solid()],
  // Only here, inside the repository of the SDK itself: its sources rather than its build.
  resolve: { conditions: ['@sse/source', ...defaultClientConditions] },
})
