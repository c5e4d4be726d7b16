/** The containers of the application's pod: itself and, for the sidecar, the one that stands for it. */
import { NAME } from '../arguments/help.ts'
import { APP_LABEL, ELECTOR_PORT, type Plan, type Variable } from './plan.ts'

/** Non-root, nothing to write to, nothing to gain. The user has to be a number, which the kubelet can tell from root. */
const hardened = (user: number) => ({
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  runAsUser: user,
})

/** `node` of the official images, and `nonroot` of the distroless ones: see example/sidecar/Dockerfile. */
const APP_USER = 1000
const SIDECAR_USER = 65_532

const fromPod = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } })
const POD_NAME = fromPod('POD_NAME', 'metadata.name')
const WHO_AND_WHERE = [
  POD_NAME,
  fromPod('POD_UID', 'metadata.uid'),
  fromPod('POD_NAMESPACE', 'metadata.namespace'),
] as const

export function containersOf(plan: Plan): object {
  const app = {
    name: 'app',
    image: plan.image,
    ...ways(plan),
    ...(plan.podLabel && { ports: [{ name: 'http', containerPort: plan.port }] }),
    securityContext: hardened(APP_USER),
  }
  return { ...(plan.use === 'sidecar' && { initContainers: [sidecarOf(plan)] }), containers: [app] }
}

function ways({ use, leaseName, timing, command }: Plan) {
  switch (use) {
    case 'library':
      return { env: [{ name: 'LEASE_NAME', value: leaseName }, ...WHO_AND_WHERE] }
    case 'run':
      return { command: [NAME], args: ['run', leaseName, '--', ...command], env: [...WHO_AND_WHERE, ...timing] }
    case 'sidecar':
      return { env: [POD_NAME, ...ELECTOR] }
  }
}

/** By the names of the leader-elector and of NAIS: their applications find it as they are. */
const ELECTOR: readonly Variable[] = [
  { name: 'ELECTOR_PATH', value: `localhost:${ELECTOR_PORT}` },
  { name: 'ELECTOR_GET_URL', value: `http://localhost:${ELECTOR_PORT}/` },
  { name: 'ELECTOR_SSE_URL', value: `http://localhost:${ELECTOR_PORT}/sse` },
]

function sidecarOf({ sidecarImage, leaseName, podLabel, timing }: Plan) {
  const probe = (path: string) => ({ httpGet: { path, port: 'elector' } })
  const label = podLabel ? ['--pod-label', `${podLabel.key}=${podLabel.value}`] : []
  return {
    name: 'leader-election',
    image: sidecarImage,
    restartPolicy: 'Always',
    args: ['serve', leaseName, '--http', `:${ELECTOR_PORT}`, ...label],
    env: [...WHO_AND_WHERE, ...timing],
    ports: [{ name: 'elector', containerPort: ELECTOR_PORT }],
    startupProbe: { ...probe('/healthz'), periodSeconds: 1, failureThreshold: 30 },
    livenessProbe: { ...probe('/healthz'), periodSeconds: 10, timeoutSeconds: 2, failureThreshold: 3 },
    readinessProbe: { ...probe('/readyz'), periodSeconds: 10, timeoutSeconds: 2 },
    resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '128Mi' } },
    securityContext: hardened(SIDECAR_USER),
  }
}

/** The labels by which the application's pods are found. */
export const podLabelsOf = ({ name }: Plan) => ({ [APP_LABEL]: name })
