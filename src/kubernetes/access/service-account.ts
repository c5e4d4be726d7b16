/** The service account that Kubernetes mounts into a pod. */
import { access, readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import { KubeConfigError } from '../../errors.ts'
import type { ClusterAccess, Credentials } from './cluster-access.types.ts'
import { readToken } from './credential-file.ts'
import { keptForAMinute } from './kept.ts'
import { newAccess } from './new-access.ts'
import type { Places } from './places.ts'

/**
 * None where no token is mounted.
 *
 * @throws KubeConfigError where one is, but the environment does not say where the API server is.
 */
export async function accessByServiceAccount({ env, serviceAccount, now }: Places): Promise<ClusterAccess | undefined> {
  const tokenFile = join(serviceAccount, 'token')
  const caFile = join(serviceAccount, 'ca.crt')
  if (!(await exists(tokenFile))) return undefined
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env
  if (!host || !port) {
    throw new KubeConfigError(
      `a service account's token is mounted (${tokenFile}), but KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT ` +
        'are not both set: Kubernetes sets them in every container; let the process have them.',
    )
  }
  const read = async (): Promise<Credentials> => {
    // Without one, the authorities that Node.js knows count, as they do for client-go.
    const [token, ca] = await Promise.all([readToken(tokenFile, "the service account's token"), maybe(caFile)])
    return { tls: ca === undefined ? {} : { ca }, headers: { Authorization: `Bearer ${token}` } }
  }
  return newAccess({
    origin: "the service account's cluster",
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    skipTlsVerify: false,
    namespace: (await maybe(join(serviceAccount, 'namespace')))?.trim(),
    proxyUrl: undefined,
    identity: [tokenFile, caFile],
    read: keptForAMinute(read, now),
  })
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

async function maybe(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined)
}
