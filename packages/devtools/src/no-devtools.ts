// Entry `@sse/devtools` under the condition `production`.
import type { DevtoolsOptions } from './index.ts'

export function mountDevtools(_options?: DevtoolsOptions): () => void {
  return () => {}
}
