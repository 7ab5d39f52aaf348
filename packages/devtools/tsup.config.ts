import { defineConfig } from 'tsup'

// JavaScript only: `tsc -b` writes the declarations.
export default defineConfig({
  entry: ['src/index.ts', 'src/mount.ts', 'src/no-devtools.ts', 'src/no-mount.ts'],
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  // Lit goes in, as it is for production: an app that has its own Lit, or none, is not disturbed.
  minify: true,
  dts: false,
  clean: true,
  sourcemap: true,
  splitting: true,
  treeshake: true,
})
