/** What all accesses have in common: their checks, their key, and that those who ask at once share an answer. */
import { createHmac, randomBytes } from 'node:crypto'
import { KubeConfigError } from '../../errors.ts'
import type { ClusterAccess, Credentials } from './cluster-access.types.ts'

export interface AccessParts {
  /** For messages: `the kubeconfig`, with its files where they are known. */
  readonly origin: string
  /** Its URL; checked here. */
  readonly server: unknown
  readonly skipTlsVerify: boolean
  readonly namespace: string | undefined
  readonly proxyUrl: string | undefined
  /** Whatever tells apart those who may not share; secrets are hashed before they are kept. */
  readonly identity: unknown
  read(): Promise<Credentials>
}

/** Milliseconds after which credentials that are still in the making, by a plug-in, are asked for once more. */
const PATIENCE = 60_000

/** Of this process alone, so that no key can be guessed back to a password. */
const HASH_KEY = randomBytes(32)

/** @throws KubeConfigError where the server can't be meant. */
export function newAccess({ origin, server, skipTlsVerify, namespace, proxyUrl, identity, read }: AccessParts) {
  const url = checkedServer(origin, server, skipTlsVerify)
  const secret = JSON.stringify([url, skipTlsVerify, proxyUrl, identity])
  const access: ClusterAccess = {
    server: url,
    namespace: namespace || undefined,
    proxyUrl: proxyUrl || undefined,
    key: createHmac('sha256', HASH_KEY).update(secret).digest('base64'),
    credentials: shared(read),
  }
  return access
}

function checkedServer(origin: string, given: unknown, skipTlsVerify: boolean): string {
  // Without what may be a password: it is not used, and the server is told.
  const server = typeof given === 'string' ? given.replace(/\/\/[^/]*@/, '//') : given
  const isUrl = typeof server === 'string' && /^https?:$/.test(URL.parse(server)?.protocol ?? '')
  if (!isUrl) {
    throw new KubeConfigError(
      `${origin} has the server ${JSON.stringify(server)}; expected a URL like https://10.0.0.1:6443.`,
    )
  }
  if (server.startsWith('http:') && !skipTlsVerify) {
    throw new KubeConfigError(
      `the server of ${origin} is ${server}, without TLS; use https, or say that this is meant with ` +
        '`insecure-skip-tls-verify: true` (`skipTLSVerify` in client-node).',
    )
  }
  return server.replace(/\/+$/, '')
}

/** Made anew each time, but those who ask while it is in the making share it: see `PATIENCE`. */
function shared(read: () => Promise<Credentials>): () => Promise<Credentials> {
  let current: { readonly since: number; readonly making: Promise<Credentials> } | undefined
  return () => {
    const now = performance.now()
    if (current && now - current.since < PATIENCE) return current.making
    const made = { since: now, making: read() }
    current = made
    const forget = () => {
      /* v8 ignore next -- after a minute others are in the making */
      if (current === made) current = undefined
    }
    made.making.then(forget, forget)
    return made.making
  }
}
