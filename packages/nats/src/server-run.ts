import type { StreamInfo } from '@nats-io/jetstream'
import type { NatsConnection } from './connection.ts'

/**
 * Returns the id of the server that stores a stream without replicas: a server has another one after each start. `''` if
 * a stream has replicas, which survive a restart, or is stored by another server than the one of the connection.
 */
export function serverRunOf({ nats }: NatsConnection, { cluster, config }: StreamInfo): string {
  const { server_id: id, server_name: name, cluster: ofCluster, jetstream } = nats.info ?? {}
  if (id === undefined || !jetstream || config.num_replicas > 1) return ''
  const isStoredHere = cluster?.leader ? cluster.leader === name : ofCluster === undefined
  return isStoredHere ? id : ''
}
