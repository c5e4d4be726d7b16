/** The application's Deployment, and the Service that leads to its leader. */
import { NAME } from '../arguments/help.ts'
import { containersOf, podLabelsOf } from './containers.ts'
import type { Manifest } from './manifest.ts'
import type { Plan, Use } from './plan.ts'

/** Seconds: what `drainTimeout` is made for, and Kubernetes' own default. */
const GRACE = 30

export function deploymentOf(plan: Plan): Manifest {
  const { name, namespace, replicas, use } = plan
  const labels = podLabelsOf(plan)
  return {
    comment: [...COMMENTS[use], ...COMMON],
    object: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, ...(namespace && { namespace }), labels },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: name,
            terminationGracePeriodSeconds: GRACE,
            securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
            ...containersOf(plan),
          },
        },
      },
    },
  }
}

/** None without a label to select. */
export function leaderServicesOf(plan: Plan): readonly Manifest[] {
  const { name, namespace, podLabel } = plan
  if (!podLabel) return []
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${name}-leader`, ...(namespace && { namespace }) },
    spec: {
      selector: { ...podLabelsOf(plan), [podLabel.key]: podLabel.value },
      ports: [{ name: 'http', port: 80, targetPort: 'http' }],
    },
  }
  return [{ comment: [SERVICE_COMMENT], object: service }]
}

const SERVICE_COMMENT =
  'Leads to the pod that the leader has labelled. A hint, not a lock: after a fail-over it may lead to nobody, or for a ' +
  'moment to a pod that no longer leads. The application itself has to refuse what only a leader may do.'

const COMMENTS: Readonly<Record<Use, readonly string[]>> = {
  library: ['The library reads the environment: the application need not name its Lease, nor its pod.'],
  run: [
    `The image has to contain ${NAME} (npm install --global). It is the container's first process, and runs what ` +
      'follows -- in this pod only while it leads.',
  ],
  sidecar: [
    'leader-election is a native sidecar, which Kubernetes has from 1.29 on: it is started before the application, and ' +
      'is stopped after it, so the Lease is given back when the application has ended. Its image is built by ' +
      'example/sidecar/Dockerfile of the repository.',
    'It listens on all of the pod, not on loopback alone, because the kubelet asks its probes from outside the pod, as ' +
      'Prometheus does /metrics; a probe by exec would start a Node.js each time. So whoever reaches the pod may read who ' +
      'leads: where that matters, limit it by a NetworkPolicy.',
    '/readyz does not depend on leading: a roll-out would wait for new pods that wait for the old leader to go.',
  ],
}

const COMMON: readonly string[] = [
  `${GRACE} s of grace are for the work to stop and for the Lease to be given back: after SIGKILL others wait until it has ` +
    'expired. One surplus pod is enough to follow in a roll-out.',
  'For you to add: resources and probes of the application, and a volume where it writes (the root file system is read-only).',
]
