import { defineConfig } from 'tsup'

// JavaScript only: `tsc -b` writes the declarations.
export default defineConfig({
  entry: [
    'src/index.ts',
    'src/native.ts',
    'src/event-source/event-source.ts',
    'src/feed/inspect.ts',
    'src/hooks/index.ts',
    'src/storage/stored-id.ts',
    'src/tabs/tabs-transport.ts',
    'src/transport/index.ts',
    'src/transport/polyfill-transport.ts',
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
