/** What a server is started with, and what it hands out. */
import type { KubeConfig } from '@kubernetes/client-node'
import type { AdmissionPlugin } from './access/admission.ts'
import type { CapacityLimits } from './http/capacity.ts'
import type { FeatureGates } from './objects/resources.ts'
import type { StoredObject } from './objects/stored-object.ts'

/** All of it may be left out. */
export interface LeaseServerOptions {
  /**
   * HTTPS with a certificate made for this process, which its kubeconfigs trust. Default true. False: plain HTTP, over
   * which kubectl and clients in Go send no token.
   */
  readonly tls?: boolean
  /** Offers HTTP/2 beside HTTP/1.1 to clients with TLS. Default true, as on a real server. */
  readonly http2?: boolean
  /** Where it listens: an address of this machine, IPv4 or IPv6, or a name of it. Default 127.0.0.1. */
  readonly host?: string
  /** Default: a free one. */
  readonly port?: number
  /** Beta features, which are off by default as in a real server. */
  readonly featureGates?: FeatureGates
  /**
   * Admission that is not always on. `OwnerReferencesPermissionEnforcement`, as OpenShift has it: only who may `delete` a
   * Lease may set or change its owners, else 403.
   */
  readonly enableAdmissionPlugins?: readonly AdmissionPlugin[]
  /**
   * Serves so many requests at one time, each for so many milliseconds; the others wait, first come, first served, and
   * are served even if their client has gone. Default: as many as come, at once. See also `setCapacity`.
   */
  readonly capacity?: CapacityLimits
  /** How many changes are kept: a watch from before them is told 410. Default 1000. */
  readonly historySize?: number
  /** Milliseconds between the bookmarks of a watch that allows them. Default 60,000, as on a real server. */
  readonly bookmarkInterval?: number
}

/** Who a pod is, in the form of the election's options: spread it into them. */
export interface PodHandle {
  /** With a token of the pod's own: faults and rights tell the pods apart by it. */
  readonly kubeConfig: KubeConfig
  /** Where the pod is, and its Leases. */
  readonly namespace: string
  /** The pod's name. */
  readonly identity: string
  /** What makes the pod own its Lease. */
  readonly owner: {
    readonly apiVersion: 'v1'
    readonly kind: 'Pod'
    /** The pod's name. */
    readonly name: string
    /** The pod's uid: another pod of its name has another one. */
    readonly uid: string
  }
}

/** What happened to a Lease. */
export interface LeaseChange {
  /** As on a watch. */
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  /** The resourceVersion of the change: higher than that of any before it. */
  readonly version: bigint
  /** The Lease after the change; where it was deleted, as it was before. */
  readonly object: StoredObject
}

/** Where a pod is, and what it may do. */
export interface PodOptions {
  /** Created where it is absent. Default `default`. */
  readonly namespace?: string
  /** In the same namespace: the pod has the rights that `rbac` gives it. Default: the pod's name is the user's. */
  readonly serviceAccount?: string
}
