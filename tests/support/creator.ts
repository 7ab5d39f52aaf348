import { rmSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { install, packed } from './packed.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder outside the repository that has installed `create-sse`, and nothing else. */
    creator: string
  }
}

/** Packs, as for the other tests of packed packages, and installs `create-sse`. */
export default function setup(project: TestProject): () => void {
  const { own, creator } = packed()
  const folder = install(creator)
  project.provide('tarballs', own)
  project.provide('creator', folder)
  return () => rmSync(folder, { recursive: true, force: true })
}
