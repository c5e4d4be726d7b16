/** The environment of a pod: for child processes, or for this process for the length of a test. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LeaseServer } from '../../src/testing/index.ts'

/** Without a server: the pod is known, but no cluster. */
export async function podEnvironment(server: LeaseServer | undefined, pod: string, leaseName: string) {
  const directory = await mkdtemp(join(tmpdir(), 'leader-election-test-'))
  const file = join(directory, 'kubeconfig')
  if (server) await writeFile(file, server.kubeConfigYaml(pod), { mode: 0o600 })
  const podEnv = server?.podEnv(pod) ?? { POD_NAME: pod, POD_UID: 'u', POD_NAMESPACE: 'default' }
  return {
    env: { ...podEnv, LEASE_NAME: leaseName, HOME: directory, KUBECONFIG: server ? file : '' },
    cleanUp: () => rm(directory, { recursive: true }),
  }
}

/** Sets the environment of this process until it is disposed of. */
export async function withEnvironment(...pod: Parameters<typeof podEnvironment>): Promise<AsyncDisposable> {
  const before = { ...process.env }
  const { env, cleanUp } = await podEnvironment(...pod)
  Object.assign(process.env, env)
  return {
    async [Symbol.asyncDispose]() {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
      Object.assign(process.env, before)
      await cleanUp()
    },
  }
}
