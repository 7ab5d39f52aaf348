// One line in development: `import '@sse/devtools/mount'`, before anything that connects.
import { mountDevtools } from './index.ts'

mountDevtools()
