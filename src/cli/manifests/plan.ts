/** What the manifests are printed for. */

/** Who stands for election: the application itself, the wrapper around its command, or a container beside it. */
export const USES = ['library', 'run', 'sidecar'] as const
export type Use = (typeof USES)[number]

export interface Label {
  readonly key: string
  readonly value: string
}

export interface Variable {
  readonly name: string
  readonly value: string
}

export interface Plan {
  readonly leaseName: string
  /** Undefined: that in which they are applied. */
  readonly namespace: string | undefined
  /** Of every object but the Lease. */
  readonly name: string
  readonly use: Use
  readonly isForLife: boolean
  readonly image: string
  readonly sidecarImage: string
  readonly replicas: number
  /** What the sidecar puts on the leader's pod, and a Service selects. */
  readonly podLabel: Label | undefined
  /** Of the application, to which that Service leads. */
  readonly port: number
  /** The timing, for who stands by the command line. */
  readonly timing: readonly Variable[]
  /** What `run` runs. */
  readonly command: readonly string[]
}

/** Of pods and their Deployment. A pod label must not be this one. */
export const APP_LABEL = 'app.kubernetes.io/name'

/** Where the sidecar listens. */
export const ELECTOR_PORT = 4040
