import { defineConfig } from 'tsup'

// JavaScript only: `tsc -b` writes the declarations.
export default defineConfig({
  entry: [
    'src/index.ts',
    'src/node.ts',
    'src/express.ts',
    'src/fastify.ts',
    'src/koa.ts',
    'src/hono.ts',
    'src/nest.ts',
    'src/engine/index.ts',
    'src/conformance/index.ts',
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
