/** An object as it is stored and sent: never changed in place. */

/** Kubernetes' ObjectMeta. */
export interface ObjectMeta {
  /** Unique in its namespace, among objects of its kind. */
  readonly name: string
  /** Absent where the kind has none, as pods' nodes. */
  readonly namespace?: string
  /** Unique for ever: an object that is made anew has another one. */
  readonly uid: string
  /** A decimal integer, higher with each change. */
  readonly resourceVersion: string
  /** Whole seconds, as `2026-01-31T12:00:00Z`. */
  readonly creationTimestamp: string
  /** Beginning of the name, which the server completed. */
  readonly generateName?: string
  /** Since when it is going. */
  readonly deletionTimestamp?: string
  /** Seconds. */
  readonly deletionGracePeriodSeconds?: number
  /** It is gone when the last of them is. */
  readonly finalizers?: readonly string[]
  /** What selectors ask for. */
  readonly labels?: Readonly<Record<string, string>>
  /** What belongs to others, and means nothing to the server. */
  readonly annotations?: Readonly<Record<string, string>>
  /** When the last of them is gone, it is collected. */
  readonly ownerReferences?: readonly { apiVersion: string; kind: string; name: string; uid: string }[]
  /** Who has set which field. */
  readonly managedFields?: unknown
}

/** A Lease, a pod, or whatever else the server keeps. */
export interface StoredObject {
  /** Group and version: `coordination.k8s.io/v1`. */
  readonly apiVersion: string
  /** `Lease`. */
  readonly kind: string
  /** What every object has, whatever its kind. */
  readonly metadata: ObjectMeta
  /** What the kind is about; of a Lease its LeaseSpec. */
  readonly spec?: unknown
}
