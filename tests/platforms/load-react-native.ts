import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { connect } from '@sse/client'
import type { xhrTransport } from '@sse/client/xhr'
import type * as contract from '@sse/contract'
import { build } from 'esbuild'
import { NativeNetworking } from './native-networking.ts'
import { bundleClient, runInRealm } from './realm.ts'

export interface ReactNativeClient extends Pick<typeof contract, 'defineStream' | 'type'> {
  connect: typeof connect
  xhrTransport: typeof xhrTransport
}

const bundlers = fileURLToPath(new URL('../bundlers/', import.meta.url))
const stripFlow: (code: string, options: { all: boolean }) => { toString(): string } = createRequire(
  `${bundlers}package.json`,
)('flow-remove-types')

/** The JavaScript of React Native's network layer: all of it down to the native modules, and the globals it sets. */
const { outputFiles } = await build({
  stdin: {
    contents: `
      import emitter from 'react-native/Libraries/EventEmitter/RCTDeviceEventEmitter'
      import XMLHttpRequest from 'react-native/Libraries/Network/XMLHttpRequest'
      import { URL } from 'react-native/Libraries/Blob/URL'
      import 'react-native/Libraries/Network/fetch'
      Object.assign(globalThis, { XMLHttpRequest, URL })
      networking.emit = (event, args) => emitter.emit(event, args)
    `,
    resolveDir: bundlers,
  },
  bundle: true,
  write: false,
  format: 'iife',
  banner: { js: 'var global = globalThis, __DEV__ = false;' },
  resolveExtensions: ['.ios.js', '.native.js', '.js'],
  plugins: [
    {
      name: 'flow',
      setup({ onLoad }) {
        onLoad({ filter: /node_modules\/react-native\/.*\.js$/ }, async ({ path }) => ({
          contents: stripFlow(await readFile(path, 'utf8'), { all: true }).toString(),
          loader: 'jsx',
        }))
      },
    },
  ],
})
const client = await bundleClient(
  "export { connect } from '@sse/client'; export { xhrTransport } from '@sse/client/xhr'; export { defineStream, type } from '@sse/contract'",
)

/**
 * Loads the client in a realm with React Native's own `XMLHttpRequest`, `URL` and `fetch`, whose native module for the
 * network is `NativeNetworking`.
 */
export function loadReactNative(): { client: ReactNativeClient; networking: NativeNetworking } {
  const networking = new NativeNetworking()
  const globals = {
    networking,
    __turboModuleProxy: (name: string) => (name === 'Networking' ? networking : null),
    nativeModuleProxy: {}, // the older way to native modules: there are none
    performance,
  }
  const loaded = runInRealm(globals, outputFiles[0]?.text ?? '', `${client}; client`)
  return { client: loaded as ReactNativeClient, networking }
}
