import type { Engine } from '@sse/server/engine-kit'
import { CommandError } from '../command-error.ts'
import type { EngineAddress } from './address.ts'
import { toCommandError } from './engine-failure.ts'
import { type HubName, openInspector } from './open-inspector.ts'

export interface OpenEngineOptions extends HubName {
  /** Whether a hub that does not exist yet is created. */
  readonly create: boolean
  readonly onWarning: (message: string) => void
}

/**
 * Opens an engine to write to. A hub that does not exist is an error, so that a misspelled address leaves nothing behind.
 *
 * @throws {CommandError}
 */
export async function openEngine(address: EngineAddress, options: OpenEngineOptions): Promise<Engine> {
  if (!options.create) await checkExists(address, options)
  const { kind, target } = address
  const { name, schema, onWarning } = options
  const hub = name === undefined ? {} : { name }
  if (kind === 'sqlite') return (await import('@sse/sqlite')).sqlite(target) as Engine
  if (kind === 'redis') return (await import('@sse/redis')).redis({ url: target, onWarning, ...hub })
  if (kind === 'nats') return (await import('@sse/nats')).nats({ servers: target, onWarning, ...hub })
  const { postgres } = await import('@sse/postgres')
  return postgres({ url: target, onWarning, ...hub, ...(schema !== undefined && { schema }) }) as Engine
}

async function checkExists(address: EngineAddress, hub: HubName): Promise<void> {
  const inspector = await openInspector(address, hub)
  try {
    await inspector.read(0, { limit: 0, maxBytes: 1 })
  } catch (error) {
    const found = toCommandError(error, address)
    const isMissing =
      found instanceof CommandError && /does not exist|has no (log|hub|tables)/.test(found.message)
    if (!isMissing) throw found
    throw new CommandError(found.message, { next: 'check the address, or create the hub with --create' })
  } finally {
    await inspector.close()
  }
}
