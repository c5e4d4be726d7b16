/** The current context of merged kubeconfig files: its cluster, and its user's credentials. */
import { KubeConfigError } from '../../errors.ts'
import type { ClusterAccess, Credentials, TlsOptions } from './cluster-access.types.ts'
import { readCredential, readToken } from './credential-file.ts'
import { plugInOf } from './credential-plug-in.ts'
import { keptForAMinute } from './kept.ts'
import { basic } from './kube-config.ts'
import { type Entry, isFields, type MergedKubeConfig, pathOf, textOf } from './kubeconfig-files.ts'
import { newAccess } from './new-access.ts'

/** @throws KubeConfigError where the current context leads to no server, or its user makes no sense. */
export function accessByFiles(config: MergedKubeConfig, now: () => number): ClusterAccess {
  const where = `the kubeconfig ${config.files.join(' and ')}`
  const name = config.currentContext
  const context = name === undefined ? undefined : config.contexts.get(name)
  if (!context) {
    throw new KubeConfigError(
      `${where} has no current cluster (current context: ${JSON.stringify(name)}); ` +
        `set current-context to a context whose cluster has a server, one of ${[...config.contexts.keys()].join(', ')}.`,
    )
  }
  const cluster = referred(config.clusters, context, 'cluster')
  const user = referred(config.users, context, 'user')
  if (!cluster) {
    throw new KubeConfigError(`${context.origin} names no cluster; give it one that has a server.`)
  }
  const skipTlsVerify = cluster.fields['insecure-skip-tls-verify'] === true
  const authorities = contentOf(cluster, 'certificate-authority')
  const serverName = textOf(cluster.fields, 'tls-server-name', cluster.origin)
  const login = user && loginOf(user)
  const plugIn = user && plugInOf(user)
  const read = keptForAMinute(async (): Promise<Credentials> => {
    const [ca, own] = await Promise.all([authorities?.read(), login?.read()])
    const tls: TlsOptions = {
      ...(ca && { ca }),
      ...(serverName !== undefined && { servername: serverName }),
      ...(skipTlsVerify && { rejectUnauthorized: false }),
      ...own?.tls,
    }
    return { tls, headers: own?.headers ?? {} }
  }, now)
  return newAccess({
    origin: cluster.origin,
    server: cluster.fields.server,
    skipTlsVerify,
    namespace: textOf(context.fields, 'namespace', context.origin),
    proxyUrl: textOf(cluster.fields, 'proxy-url', cluster.origin),
    identity: [authorities?.identity, serverName, login?.identity, plugIn?.identity],
    read: plugIn ? async () => joined(await read(), await plugIn.read()) : read,
  })
}

/** What is known without a plug-in goes before what it tells, but for a certificate: as client-node does it. */
function joined(known: Credentials, told: Credentials): Credentials {
  return { tls: { ...known.tls, ...told.tls }, headers: { ...told.headers, ...known.headers } }
}

/** A context without one asks as nobody. */
function referred(entries: ReadonlyMap<string, Entry>, context: Entry, kind: 'cluster' | 'user'): Entry | undefined {
  const name = textOf(context.fields, kind, context.origin)
  if (name === undefined) return undefined
  const entry = entries.get(name)
  if (entry) return entry
  throw new KubeConfigError(
    `${context.origin} names the ${kind} ${JSON.stringify(name)}, but no kubeconfig file defines it; ` +
      `known: ${[...entries.keys()].join(', ') || 'none'}.`,
  )
}

/** Where credentials come from, and what tells them apart from others. */
interface Source<Content> {
  readonly identity: unknown
  read(): Promise<Content>
}

/** Token, password, client certificate and impersonation: all that a user can have without a plug-in. */
function loginOf(user: Entry): Source<Credentials> {
  const certificate = contentOf(user, 'client-certificate')
  const key = contentOf(user, 'client-key')
  if (certificate && !key) {
    throw new KubeConfigError(`${user.origin} has a client-certificate; give its client-key too.`)
  }
  const authorization = authorizationOf(user)
  const impersonation = impersonationOf(user)
  return {
    identity: [certificate?.identity, key?.identity, authorization?.identity, impersonation],
    read: async () => {
      const [cert, keyContent, Authorization] = await Promise.all([
        certificate?.read(),
        key?.read(),
        authorization?.read(),
      ])
      return {
        tls: { ...(cert && { cert }), ...(keyContent && { key: keyContent }) },
        headers: { ...(Authorization !== undefined && { Authorization }), ...impersonation },
      }
    },
  }
}

/** A `tokenFile` goes before a `token`, which counts while the file can't be read; both go before a password. */
function authorizationOf(user: Entry): Source<string> | undefined {
  const { fields, origin } = user
  const token = textOf(fields, 'token', origin)
  const tokenFile = pathOf(user, 'tokenFile') ?? pathOf(user, 'token-file')
  if (tokenFile !== undefined) {
    const read = async () => `Bearer ${await readToken(tokenFile, `the tokenFile of ${origin}`)}`
    if (token === undefined) return { identity: tokenFile, read }
    return { identity: [tokenFile, token], read: () => read().catch(() => `Bearer ${token}`) }
  }
  if (token !== undefined) return { identity: [token], read: async () => `Bearer ${token}` }
  const username = textOf(fields, 'username', origin)
  if (username === undefined) return undefined
  const login = `${username}:${textOf(fields, 'password', origin) ?? ''}`
  return { identity: login, read: async () => basic(login) }
}

/** The headers for acting as another user: `as`, `as-uid`, `as-groups`, `as-user-extra`. */
function impersonationOf({ fields, origin }: Entry): Record<string, string | string[]> {
  const user = textOf(fields, 'as', origin)
  const uid = textOf(fields, 'as-uid', origin)
  const groups = textsOf(fields['as-groups'], 'as-groups', origin)
  const extra = fields['as-user-extra'] ?? {}
  if (!isFields(extra)) throw new KubeConfigError(`${origin}: as-user-extra is no mapping of names to lists of texts.`)
  const headers: Record<string, string | string[]> = {}
  if (uid !== undefined) headers['Impersonate-Uid'] = uid
  if (groups.length > 0) headers['Impersonate-Group'] = groups
  for (const [name, values] of Object.entries(extra)) {
    headers[`Impersonate-Extra-${headerKey(name)}`] = textsOf(values, `as-user-extra ${name}`, origin)
  }
  if (user !== undefined) return { 'Impersonate-User': user, ...headers }
  if (Object.keys(headers).length === 0) return {}
  throw new KubeConfigError(`${origin} has as-uid, as-groups or as-user-extra; say with \`as\` as which user.`)
}

/** Percent-encoded where it is no header's name; the API server decodes it. */
function headerKey(name: string): string {
  return encodeURIComponent(name.toLowerCase()).replace(
    /[()]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  )
}

function textsOf(value: unknown, name: string, origin: string): string[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value
  throw new KubeConfigError(`${origin}: ${name} is no list of texts.`)
}

/** PEM: `NAME-data` in base64, which goes before a file `NAME`. */
function contentOf(entry: Entry, name: string): Source<Buffer> | undefined {
  const data = textOf(entry.fields, `${name}-data`, entry.origin)
  if (data !== undefined) {
    const content = Buffer.from(data, 'base64')
    return { identity: [data], read: async () => content }
  }
  const file = pathOf(entry, name)
  if (file === undefined) return undefined
  return { identity: file, read: () => readCredential(file, `the ${name} of ${entry.origin}`) }
}
