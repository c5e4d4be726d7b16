/** Where a process looks for the way to its cluster. A test gives places of its own. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export interface Places {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The directory into which Kubernetes mounts `token`, `ca.crt` and `namespace`. */
  readonly serviceAccount: string
  /** Monotonic time in milliseconds. */
  readonly now: () => number
}

export function ownPlaces(): Places {
  return {
    env: process.env,
    serviceAccount: '/var/run/secrets/kubernetes.io/serviceaccount',
    now: () => performance.now(),
  }
}

/** The kubeconfig files to merge, in order; they may be missing. KUBECONFIG replaces the one of the home directory. */
export function kubeConfigFiles({ env }: Places): string[] {
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter(Boolean)
  if (listed.length > 0) return [...new Set(listed)]
  const files = homesOf(env).map((home) => join(home, '.kube', 'config'))
  return files.filter((file) => existsSync(file)).slice(0, 1)
}

/** On Windows several variables may name it; the one that has a kubeconfig counts. */
function homesOf({ HOME, HOMEDRIVE, HOMEPATH, USERPROFILE }: Places['env']): string[] {
  const drive = HOMEDRIVE && HOMEPATH ? HOMEDRIVE + HOMEPATH : undefined
  const homes = process.platform === 'win32' ? [HOME, drive, USERPROFILE] : [HOME]
  return homes.filter((home): home is string => Boolean(home))
}
