import { definePackage } from '../../tsup.shared.ts'

// Rollup's tree shaking would remove `'use client'`, which server components need.
export default definePackage({ treeshake: false })
