// Loaded with `--import`: makes a function that every event passes more expensive, by what the variable GROW names.
import { registerHooks } from 'node:module'

const GROWTHS = {
  code: 'for (let n = 0; n < 20; n++) Math.imul(n, n)',
  copy: 'Buffer.from(arguments[0])',
}

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (!url.endsWith('/contract/src/encode.ts')) return loaded
    const source = String(loaded.source)
    const grown = source.replace(/function encodeData\([^)]*\)[^{]*\{/, `$& ${GROWTHS[process.env.GROW]};`)
    if (grown === source) throw new Error('encodeData was not found')
    return { ...loaded, source: grown }
  },
})
