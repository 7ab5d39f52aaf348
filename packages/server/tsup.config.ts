import { defineConfig } from 'tsup'

// JavaScript only: `tsc -b` writes the declarations.
export default defineConfig({
  entry: [
    'src/index.ts',
    'src/node/node.ts',
    'src/adapters/express.ts',
    'src/adapters/fastify.ts',
    'src/adapters/koa.ts',
    'src/adapters/hono.ts',
    'src/adapters/nest.ts',
    'src/engine-kit/index.ts',
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
