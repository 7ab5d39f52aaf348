// Loaded before AWS's runtime client. Its compiled part is used for answers that are not streamed; the rest is plain HTTP,
// with AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1. This takes the place of the compiled part.
import { registerHooks } from 'node:module'

registerHooks({
  resolve: (specifier, context, next) =>
    specifier.endsWith('rapid-client.node')
      ? { url: import.meta.resolve('./native-client.cjs'), format: 'commonjs', shortCircuit: true }
      : next(specifier, context),
})
