export { type NatsEngine, nats } from './nats.ts'
export type { Authenticator, Credentials, NatsOptions, TlsOptions } from './options.ts'
