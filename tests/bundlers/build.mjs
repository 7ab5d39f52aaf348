// Builds the app in the current folder for production, with the bundler that is named, into `dist/NAME`. As a new project
// of that bundler would: what is set besides input and output is for React, or said in docs/operations/in-your-stack.md.
import { spawnSync } from 'node:child_process'
import { mkdirSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const folder = process.cwd()
const outdir = join(folder, 'dist', process.argv[2])
const fromHere = createRequire(import.meta.url)

const bundlers = {
  async vite() {
    const { build } = await import('vite')
    await build({ root: folder, configFile: false, logLevel: 'warn', base: './', build: { outDir: outdir } })
  },

  async webpack() {
    const { default: webpack } = await import('webpack')
    await compile(webpack, { path: outdir })
  },

  async rspack() {
    const { rspack } = await import('@rspack/core')
    await compile(rspack, { path: outdir })
  },

  async esbuild() {
    const { build } = await import('esbuild')
    await build({
      entryPoints: ['src/index.js'],
      bundle: true,
      minify: true,
      format: 'esm',
      outdir,
      logLevel: 'warning',
    })
  },

  /** The same page without a stream: what React weighs. */
  async bare() {
    const { build } = await import('esbuild')
    await build({
      entryPoints: ['src/bare.js'],
      bundle: true,
      minify: true,
      format: 'esm',
      outdir,
      logLevel: 'warning',
    })
  },

  async rollup() {
    const { rollup } = await import('rollup')
    const [{ nodeResolve }, { default: commonjs }, { default: replace }, { transform }] = await Promise.all([
      import('@rollup/plugin-node-resolve'),
      import('@rollup/plugin-commonjs'),
      import('@rollup/plugin-replace'),
      import('esbuild'),
    ])
    const define = replace({ 'process.env.NODE_ENV': '"production"', preventAssignment: true })
    const minify = { name: 'minify', renderChunk: (code) => transform(code, { minify: true, format: 'esm' }) }
    const build = await rollup({
      input: 'src/index.js',
      // React's files are linked here, and would otherwise not be one React.
      plugins: [define, nodeResolve({ browser: true, dedupe: ['react'] }), commonjs(), minify],
    })
    await build.write({ dir: outdir, format: 'esm' })
  },

  async parcel() {
    const parcel = fromHere.resolve('parcel/lib/bin.js')
    const args = [
      'build',
      'index.html',
      '--public-url',
      './',
      '--dist-dir',
      outdir,
      '--no-autoinstall',
      '--no-cache',
      '--no-source-maps',
    ]
    const { status, stdout, stderr } = spawnSync(process.execPath, [parcel, ...args], { encoding: 'utf8' })
    if (status !== 0) throw new Error(stdout + stderr)
  },

  async metro() {
    const { default: metro } = await import('metro')
    const { getDefaultConfig, mergeConfig } = fromHere('@react-native/metro-config')
    const config = mergeConfig(getDefaultConfig(folder), {
      watchFolders: [folder, ...linkedFolders()],
      resolver: { nodeModulesPaths: [join(folder, 'node_modules')] },
      // An app's first modules are React Native's own, which need a phone.
      serializer: { getModulesRunBeforeMainModule: () => [], getPolyfills: () => [] },
      cacheStores: [],
      maxWorkers: 1,
      reporter: { update() {} },
    })
    mkdirSync(outdir, { recursive: true })
    await metro.runBuild(config, {
      entry: 'src/native.js',
      out: join(outdir, 'bundle.js'),
      dev: false,
      platform: 'ios',
    })
  },
}

/** Metro reads only folders that it watches, and some packages are linked here. */
function linkedFolders() {
  const metroConfig = createRequire(fromHere.resolve('@react-native/metro-config')).resolve('metro-config')
  const app = join(folder, 'package.json')
  const linked = { react: app, '@babel/runtime': app, 'metro-runtime': metroConfig }
  return Object.entries(linked).map(([name, from]) =>
    realpathSync(dirname(createRequire(from).resolve(`${name}/package.json`))),
  )
}

/** webpack and Rspack take the same. */
async function compile(bundler, output) {
  const compiler = bundler({ mode: 'production', context: folder, output, performance: { hints: false } })
  const stats = await new Promise((resolve, reject) =>
    compiler.run((error, result) => (error ? reject(error) : resolve(result))),
  )
  if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString({ preset: 'errors-warnings' }))
  await new Promise((resolve) => compiler.close(resolve))
}

await bundlers[process.argv[2]]()
