import { defineConfig } from 'tsup'

// JavaScript only: `tsc -b` writes the declarations.
export default defineConfig({
  entry: ['src/index.ts', 'src/native.ts'],
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  dts: false,
  clean: true,
  sourcemap: true,
  treeshake: true,
})
