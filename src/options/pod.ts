/** Who this process is, as its surroundings tell: the environment of the pod, and its service account's namespace. */
import { readFileSync } from 'node:fs'

const SERVICE_ACCOUNT_NAMESPACE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace'

/** What the environment says; an empty variable counts as missing. */
export interface Surroundings {
  readonly leaseName: string | undefined
  readonly podName: string | undefined
  readonly podUid: string | undefined
  readonly namespace: string | undefined
}

/**
 * Reads LEASE_NAME, POD_NAME, POD_UID and POD_NAMESPACE, the last one also from the mounted service account.
 *
 * The variables come from `fieldRef`s in the pod's spec: metadata.name, metadata.uid, metadata.namespace.
 */
export function readSurroundings(env: NodeJS.ProcessEnv = process.env): Surroundings {
  return {
    leaseName: present(env.LEASE_NAME),
    podName: present(env.POD_NAME),
    podUid: present(env.POD_UID),
    namespace: present(env.POD_NAMESPACE) ?? serviceAccountNamespace(),
  }
}

function serviceAccountNamespace(): string | undefined {
  try {
    return present(readFileSync(SERVICE_ACCOUNT_NAMESPACE, 'utf8'))
  } catch {
    return undefined // not in a pod, or in one without a token
  }
}

function present(value: string | undefined): string | undefined {
  return value?.trim() || undefined
}
