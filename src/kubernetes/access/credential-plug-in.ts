/** Credentials that take more than reading: a kubeconfig's `exec` and `auth-provider`, by client-node's own code. */
import type { RequestOptions } from 'node:https'
import type { Credentials } from './cluster-access.types.ts'
import { credentialsIn, importClientNode } from './kube-config.ts'
import { commandOf, type Entry, isFields } from './kubeconfig-files.ts'

export interface PlugIn {
  readonly identity: unknown
  /** Runs what has to be run, unless what was told before is still valid. */
  read(): Promise<Credentials>
}

type Read = PlugIn['read']

/** None where the user asks for none. */
export function plugInOf(user: Entry): PlugIn | undefined {
  const { exec: asked, 'auth-provider': provider } = user.fields
  if (!asked && !provider) return undefined
  const exec = isFields(asked) ? { ...asked, command: commandOf(user, asked.command) } : asked
  let reading: Promise<Read> | undefined
  return {
    identity: { exec, provider },
    read: async () => {
      reading ??= exec && !provider ? byExecAuth(exec) : byKubeConfig({ exec, 'auth-provider': provider })
      // What can't be loaded now may be later, as when files are being replaced.
      const read = await reading.catch((error: unknown) => {
        reading = undefined
        throw error
      })
      return read()
    },
  }
}

/** The one class that runs plug-ins, without the rest of client-node, which costs most of a second and 80 MB. */
async function byExecAuth(exec: unknown): Promise<Read> {
  const module = await import('@kubernetes/client-node/dist/exec_auth.js').catch(() => undefined)
  /* v8 ignore next -- a later version may keep its files to itself */
  if (typeof module?.ExecAuth !== 'function') return byKubeConfig({ exec })
  const authenticator = new module.ExecAuth()
  return async () => {
    const options: RequestOptions = { headers: {} }
    await authenticator.applyAuthentication({ name: 'user', exec }, options)
    return credentialsIn(options)
  }
}

async function byKubeConfig(user: unknown): Promise<Read> {
  const { KubeConfig } = await importClientNode()
  const kubeConfig = new KubeConfig()
  // Only the credentials are wanted of it: the server and its authorities are known.
  kubeConfig.loadFromString(
    JSON.stringify({
      clusters: [{ name: 'cluster', cluster: { server: 'https://kubernetes.default.svc' } }],
      users: [{ name: 'user', user }],
      contexts: [{ name: 'context', context: { cluster: 'cluster', user: 'user' } }],
      'current-context': 'context',
    }),
  )
  return async () => {
    const options: RequestOptions = {}
    await kubeConfig.applyToHTTPSOptions(options)
    return credentialsIn(options)
  }
}
