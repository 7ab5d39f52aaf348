import { defineConfig } from 'tsup'

// JavaScript only: `tsc -b` writes the declarations.
export default defineConfig({
  entry: [
    'src/index.ts',
    'src/event-source.ts',
    'src/native.ts',
    'src/polyfill.ts',
    'src/share.ts',
    'src/shared.ts',
    'src/storage.ts',
  ],
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  dts: false,
  clean: true,
  sourcemap: true,
  splitting: true,
  treeshake: true,
})
