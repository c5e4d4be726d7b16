/** The options of an election, as they are given and as they are resolved: their meaning, units and defaults. */

/** `metadata.ownerReferences` of the Lease: who, when gone, takes the Lease along (by the garbage collector). */
export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  /** Of the owner: an object in the Lease's namespace, or of the whole cluster. */
  readonly name: string
  /** Of the owner: one that is made anew under its name does not own the Lease. */
  readonly uid: string
}

/**
 * `life`: leads until the pod dies; a loss is final. Needs a pod (POD_NAME and POD_UID, or `owner`).
 * `renewable`: stands again after a loss.
 */
export type Term = 'life' | 'renewable'

/** What the statechart takes as input. All durations are milliseconds. */
export interface ElectionInput {
  /** Name of the Lease, one per thing to lead. Default: LEASE_NAME. */
  readonly leaseName?: string | undefined
  /** Default: POD_NAMESPACE, the service account's, the kubeconfig context's, `default`: the first there is. */
  readonly namespace?: string | undefined
  /** Name of this candidate, unique among them. Default: POD_NAME, else the host's name and a random part. */
  readonly identity?: string | undefined
  /**
   * The object that owns the Lease. Default: the pod of POD_NAME and POD_UID, if both are known. Give another one only where
   * the Lease has to outlive the pod: only this process's own pod proves that an earlier holder of its identity has ended.
   */
  readonly owner?: OwnerReference | undefined
  /** Labels to put on the Lease. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** Default: `life`. */
  readonly term?: Term | undefined
  /** Timing by name: `client-go` is a lease of 15 s, a deadline of 10 s, a renewal every 2 s. */
  readonly preset?: 'default' | 'client-go' | undefined
  /**
   * Between two renewals, of which the first of a term comes at a random moment of it; and between two reports of "I am the
   * leader". Default 30,000; at least 10.
   */
  readonly interval?: number | undefined
  /** How long followers wait for a leader that has stopped renewing; whole seconds. Default: twice the interval. */
  readonly leaseDuration?: number | undefined
  /** How long a leader believes in its last renewal, from its sending; below `leaseDuration`. Default: two thirds of it. */
  readonly renewDeadline?: number | undefined
  /**
   * How long an answer is awaited at least, from the sending of its request; at most a third of `renewDeadline`. Longer
   * where requests were measured to take longer, and for what keeps a term up to half of what the deadline leaves: see
   * `attempt.ts`. Default: a third of what the deadline leaves after the interval.
   */
  readonly requestTimeout?: number | undefined
  /**
   * Opt-in: trust the times in the record with this margin, so that a long-dead Lease is taken at once. Give it only
   * where all machines' wall clocks are known to agree within it. Default: never trusted.
   */
  readonly maxClockSkew?: number | undefined
  /**
   * How long stopping waits for the work before it leaves the Lease to expire. Default: the lease duration, and at most
   * 25,000, which leaves time to give the Lease back within the 30 s of grace that Kubernetes gives a pod by default.
   */
  readonly drainTimeout?: number | undefined
  /**
   * Milliseconds to wait, at most, before a free Lease is claimed, so that of many followers few write; longer where
   * requests take long or others came first. 0 waits never. Default 50.
   */
  readonly claimJitter?: number | undefined
  /**
   * How long refusals (401, 403, a namespace that is absent) are retried at the start before they are final: a cluster
   * that starts or restarts says them too. Once a request has succeeded they are retried as all failures. Default 30,000.
   */
  readonly startTimeout?: number | undefined
  /**
   * Ends the election with a `RetriesExhaustedError` when more requests in a row have failed than there are retry
   * back-offs. Default false: it says so, and keeps trying.
   */
  readonly endAfterRetries?: boolean | undefined
  /**
   * Deletes the Lease after it was handed back and nobody has taken it yet. Needs the right to `delete` it. Default
   * false: it stays, without a holder. A leader for life deletes it always.
   */
  readonly deleteOnRelease?: boolean | undefined
  /**
   * Takes a Lease that something else than a pod owns, such as a Deployment: created beforehand by an operator or by
   * Helm. Its owners are replaced by ours. Default false: such a Lease counts as another system's.
   */
  readonly adopt?: boolean | undefined
  /** Tells this process from others of the same identity. Default: a random UUID. */
  readonly incarnation?: string | undefined
}

/** The input, resolved: what the statechart and its services work with. Plain data, no secrets. */
export interface Settings {
  readonly leaseName: string
  readonly namespace: string | undefined
  readonly identity: string
  readonly incarnation: string
  readonly owner: OwnerReference | undefined
  /** uid of the pod that this process runs in: who wrote under it before, and is not seen to live, has ended. */
  readonly podUid: string | undefined
  readonly labels: Readonly<Record<string, string>> | undefined
  readonly term: Term
  readonly interval: number
  readonly leaseDuration: number
  readonly renewDeadline: number
  readonly requestTimeout: number
  readonly maxClockSkew: number | undefined
  readonly drainTimeout: number
  readonly claimJitter: number
  readonly startTimeout: number
  readonly endAfterRetries: boolean
  readonly deleteOnRelease: boolean
  readonly adopt: boolean
}
