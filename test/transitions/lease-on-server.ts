/** The Lease on the server as somebody else writes it, without rights, faults or conditions. */

import type { OwnWrites } from '../../src/lease/own-writes.ts'
import { INCARNATION_ANNOTATION, STEP_DOWN_ANNOTATION } from '../../src/lease/record.ts'
import type { LeaseServer } from '../../src/testing/index.ts'
import { LEASE, LEASE_DURATION } from '../support/cluster.ts'
import { IDENTITY, INCARNATION, LEASES, type LeaseFields, type LeaseKind } from './happenings.ts'

let writes = 0

/** A new record, whose renewTime differs from every earlier one; but what people edit of an own one keeps its time. */
export function putLease(server: LeaseServer, kind: LeaseKind, ownWrites?: OwnWrites): void {
  const { holder = '', incarnation, leaseDuration, strategy, isOwnedByPod, isAsked }: LeaseFields = LEASES[kind]
  writes += 1
  const now = new Date(Date.UTC(2026, 10, 23) + writes).toISOString().replace('Z', '000Z')
  const time = (kind.startsWith('own') && ownWrites?.last?.renewTime) || now
  server.leases.put({
    metadata: {
      name: LEASE,
      annotations: {
        edit: String(writes),
        ...(incarnation && { [INCARNATION_ANNOTATION]: incarnation }),
        ...(isAsked && { [STEP_DOWN_ANNOTATION]: time }),
      },
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
export function arrangeLease(server: LeaseServer, kind: LeaseKind | 'absent', ownWrites: OwnWrites): void {
  const annotations = server.leases.get(LEASE)?.metadata.annotations
  if (kind === 'absent') server.leases.delete(LEASE)
  else if (kind !== 'own' || annotations?.[INCARNATION_ANNOTATION] !== INCARNATION) putLease(server, kind, ownWrites)
}
