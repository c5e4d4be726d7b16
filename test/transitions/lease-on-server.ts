/** The Lease on the server as somebody else writes it, without rights, faults or conditions. */
import { INCARNATION_ANNOTATION } from '../../src/lease.ts'
import type { LeaseServer } from '../../src/testing/index.ts'
import { LEASE, LEASE_DURATION } from '../support/cluster.ts'
import { IDENTITY, INCARNATION, LEASES, type LeaseFields, type LeaseKind } from './happenings.ts'

let writes = 0

/** Always a new record: its renewTime differs from every earlier one. */
export function putLease(server: LeaseServer, kind: LeaseKind): void {
  const { holder = '', incarnation, leaseDuration, strategy, isOwnedByPod }: LeaseFields = LEASES[kind]
  writes += 1
  const time = new Date(Date.UTC(2026, 10, 22) + writes).toISOString().replace('Z', '000Z')
  server.leases.put({
    metadata: {
      name: LEASE,
      annotations: incarnation ? { [INCARNATION_ANNOTATION]: incarnation } : {},
      ...(isOwnedByPod && { ownerReferences: [server.pod(IDENTITY).owner] }),
    },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: (leaseDuration ?? LEASE_DURATION) / 1000,
      renewTime: time,
      acquireTime: time,
      leaseTransitions: 0,
      ...(strategy && { strategy }),
    },
  })
}

/** It is so when the server is asked. An own write is left alone; one that got lost counts as committed after all. */
export function arrangeLease(server: LeaseServer, kind: LeaseKind | 'absent'): void {
  const annotations = server.leases.get(LEASE)?.metadata.annotations
  if (kind === 'absent') server.leases.delete(LEASE)
  else if (kind !== 'own' || annotations?.[INCARNATION_ANNOTATION] !== INCARNATION) putLease(server, kind)
}
