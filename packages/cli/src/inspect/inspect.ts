import { setTimeout as pause } from 'node:timers/promises'
import type { CommandContext } from '../command-context.ts'
import type { EngineAddress } from '../engine/address.ts'
import { toCommandError } from '../engine/engine-failure.ts'
import { type HubName, openInspector } from '../engine/open-inspector.ts'
import { formatSnapshot } from './format-snapshot.ts'
import { LogSample } from './log-sample.ts'
import { takeSnapshot } from './snapshot.ts'

export interface InspectOptions extends HubName {
  readonly follow?: boolean
  /** Interval of `follow`, in milliseconds. */
  readonly every: number
  /** Maximum number of events that are read at first. */
  readonly sample: number
  readonly json?: boolean
}

/** Shows what a hub has stored. With `follow`, again and again until Ctrl-C: as JSON where no person looks at it. */
export async function inspect(
  address: EngineAddress,
  options: InspectOptions,
  { terminal, signal }: CommandContext,
): Promise<void> {
  const isJson = options.json === true || (options.follow === true && !terminal.showsResults)
  const inspector = await openInspector(address, options)
  const sample = new LogSample(inspector, options.sample)
  try {
    do {
      const snapshot = await takeSnapshot(address.shown, inspector, sample, signal)
      if (isJson) terminal.printJson(snapshot)
      else if (options.follow) terminal.redraw(formatSnapshot(snapshot, terminal))
      else terminal.print(formatSnapshot(snapshot, terminal))
      if (options.follow) await pause(options.every, undefined, { signal }).catch(() => {})
    } while (options.follow && !signal.aborted)
  } catch (error) {
    throw toCommandError(error, address)
  } finally {
    await inspector.close()
  }
}
