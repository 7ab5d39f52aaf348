// Entry for development: `import '@sse/devtools/mount'` before the code that connects.
import { mountDevtools } from './index.ts'

mountDevtools()
