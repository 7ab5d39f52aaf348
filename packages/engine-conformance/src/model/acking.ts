import { isSseError } from '@sse/contract'
import { formatId, parseId } from '@sse/server/engine-kit'
import { check } from '../broken-promise.ts'
import { inventId } from './busy-step.ts'
import { SUBSCRIBERS } from './publication.ts'
import type { World } from './world.ts'

/** A subscriber acknowledges the last id of one of its readers, or anything else. */
export async function acknowledge(world: World): Promise<void> {
  const { random, reference, commits, readers } = world
  const subscriber = random.pick(SUBSCRIBERS)
  const { hub } = random.pick(world.replicas)
  const lastIds = readers.flatMap((reader) => (reader.subscriber === subscriber ? [reader.lastId] : []))
  const id = random.chance(0.7) ? random.pick([...lastIds, undefined]) : inventId(world)
  if (id === undefined) return
  const commit = parseId(id)
  const { epoch, head } = reference.log
  const isValid = commit !== undefined && commit.epoch === epoch && commit.position <= head
  world.note(`${subscriber} acknowledges ${id}`)
  const error: unknown = await hub.ack(subscriber, id).catch((thrown) => thrown)
  check(
    isValid === (error === undefined),
    'an ack is accepted for an id of this log, and rejected for any other',
    `${id}: ${error}`,
  )
  const isRefused = isSseError(error) && error.code === 'ack_invalid'
  check(isValid || isRefused, 'an ack of a foreign id is rejected with ack_invalid', String(error))
  const held = commits.get(subscriber)
  const isBehind = held?.epoch === epoch && held.position >= (commit?.position ?? 0)
  if (isValid && !isBehind) commits.set(subscriber, commit)
  for (const name of SUBSCRIBERS) await checkCommitted(world, name)
}

export async function checkCommitted(world: World, subscriber: string): Promise<void> {
  const commit = world.commits.get(subscriber)
  const expected = commit && formatId(commit)
  const seen = await world.random.pick(world.replicas).hub.committed(subscriber)
  check(seen === expected, 'acks are cumulative and durable', `${subscriber}: ${seen}, not ${expected}`)
}
