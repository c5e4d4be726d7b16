/** The Lease record, as it is read: cleaned, and compared by version. Pure. */

/** Tells two processes that share an identity apart: each writes its own value. */
export const INCARNATION_ANNOTATION = 'kubernetes-leader-election/incarnation'
/** Says which process that is, for those that can look it up: see `process-mark.ts`. */
export const PROCESS_ANNOTATION = 'kubernetes-leader-election/process'
/** Asks the holder to hand over. Its value is the acquireTime of the term that is meant: no later one is. */
export const STEP_DOWN_ANNOTATION = 'kubernetes-leader-election/step-down'

/** What the election uses of a Lease, cleaned: garbage in a field counts as its absence. */
export interface LeaseRecord {
  readonly uid: string
  readonly resourceVersion: string
  /** Who holds it; undefined when nobody does (released, or never held). */
  readonly holder: string | undefined
  /** Milliseconds; undefined when missing or not a positive number of seconds. */
  readonly leaseDuration: number | undefined
  /** As written, compared for change. */
  readonly acquireTime: string | undefined
  readonly renewTime: string | undefined
  readonly transitions: number
  readonly incarnation: string | undefined
  /** The mark of the process that wrote it. */
  readonly process?: string | undefined
  /** Which term somebody asked to end: see `STEP_DOWN_ANNOTATION`. */
  readonly stepDown?: string | undefined
  readonly owners: readonly { readonly kind: string; readonly name: string; readonly uid: string }[]
  /** Set where Kubernetes' coordinated leader election decides who holds the Lease. */
  readonly strategy: string | undefined
  /** Who else lives under our identity: not in the Lease, but seen around this process (`neighbours.ts`). */
  readonly namesake?: Namesake | undefined
  /** In the name of this very process, though it did not write it: `own-writes.ts` tells. */
  readonly isStrange?: boolean | undefined
  /** Written by an election of this very process that has ended: seen around this process, too. */
  readonly isLeftBehind?: boolean | undefined
}

/** Another live candidate of our identity. */
export type Namesake =
  /** In this process, for the same Lease. */
  | { readonly kind: 'election' }
  /** In another process of this PID namespace, which wrote the record. */
  | { readonly kind: 'process'; readonly pid: number }
  /** Perhaps: what wrote the record is another thread of this process, or can't be looked up. */
  | { readonly kind: 'unclear' }

/** Reads a Lease as the API server sent it; undefined where it has no uid or resourceVersion and so is no stored object. */
export function parseLease(lease: unknown): LeaseRecord | undefined {
  const { metadata, spec } = fields(lease)
  const { uid, resourceVersion, annotations, ownerReferences } = fields(metadata)
  if (!text(uid) || !text(resourceVersion)) return undefined
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions, strategy } = fields(spec)
  return {
    uid: text(uid)!,
    resourceVersion: text(resourceVersion)!,
    holder: text(holderIdentity),
    leaseDuration: positive(leaseDurationSeconds) && (leaseDurationSeconds as number) * 1000,
    acquireTime: time(acquireTime),
    renewTime: time(renewTime),
    transitions: Number.isSafeInteger(leaseTransitions) ? Math.max(0, leaseTransitions as number) : 0,
    incarnation: text(fields(annotations)[INCARNATION_ANNOTATION]),
    process: text(fields(annotations)[PROCESS_ANNOTATION]),
    stepDown: text(fields(annotations)[STEP_DOWN_ANNOTATION]),
    owners: (Array.isArray(ownerReferences) ? ownerReferences : []).map((owner) => ({
      kind: String(fields(owner).kind),
      name: String(fields(owner).name),
      uid: String(fields(owner).uid),
    })),
    strategy: text(strategy),
  }
}

/** Whether somebody asked the holder to hand over, in this term of his. */
export function isAskedToStepDown({ stepDown, acquireTime }: LeaseRecord): boolean {
  return stepDown !== undefined && stepDown === acquireTime
}

/** The versions of the API server: they increase with every write, of whatever object. */
export type Version = Pick<LeaseRecord, 'resourceVersion'>

/** Whether `record` is a later state than `than`; undefined where their resourceVersions can't be compared. */
export function isLater(record: Version, than: Version): boolean | undefined {
  const [a, b] = [record.resourceVersion, than.resourceVersion]
  return isToken(a) && isToken(b) ? BigInt(a) > BigInt(b) : undefined
}

/** Whether a resourceVersion can serve as a fencing token: a decimal integer. */
export function isToken(resourceVersion: string): boolean {
  return /^[1-9]\d*$/.test(resourceVersion)
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function time(value: unknown): string | undefined {
  return value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : text(value)
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined
}
