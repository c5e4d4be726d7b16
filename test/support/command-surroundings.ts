/** A server for a test, and the environments in which commands reach it. */
import { writeFile } from 'node:fs/promises'
import { onTestFinished } from 'vitest'
import { type LeaseServer, type LeaseServerOptions, startLeaseServer } from '../../src/testing/index.ts'
import { podEnvironment } from './environment.ts'

/** The Lease that LEASE_NAME names in a pod. */
export const LEASE = 'my-app'

export async function serve(options?: LeaseServerOptions): Promise<LeaseServer> {
  const server = await startLeaseServer(options)
  onTestFinished(() => server.close())
  return server
}

/** A pod of this server; without one, no cluster is known. */
export async function inside(server: LeaseServer | undefined, pod: string) {
  const { env, cleanUp } = await podEnvironment(server, pod, LEASE)
  onTestFinished(cleanUp)
  return env
}

/** The cluster of this server, but no pod. */
export async function outside(server: LeaseServer | undefined, user = 'somebody') {
  const { KUBECONFIG, HOME } = await inside(server, user)
  return { KUBECONFIG, HOME }
}

interface KubeConfigFile {
  clusters: { cluster: Record<string, unknown> }[]
  users: { user: Record<string, unknown> }[]
  contexts: { context: Record<string, unknown> }[]
}

/** The same with another kubeconfig. */
export async function reconfigured(
  server: LeaseServer,
  env: { readonly KUBECONFIG: string },
  change: (kubeConfig: KubeConfigFile) => void,
) {
  const kubeConfig = JSON.parse(server.kubeConfigYaml('somebody')) as KubeConfigFile
  change(kubeConfig)
  await writeFile(env.KUBECONFIG, JSON.stringify(kubeConfig))
  return env
}
