/** Who is asking: bearer tokens and the identities they stand for. */
import { randomBytes } from 'node:crypto'
import { unauthorized } from '../status.ts'

export const ADMIN = 'admin'

export class Identities {
  readonly #tokens = new Map<string, string>()
  readonly #identities = new Map<string, string>()
  readonly #serviceAccounts = new Map<string, string>()

  /** The name under which rights are granted and refusals are told. */
  userOf(identity: string): string {
    return this.#serviceAccounts.get(identity) ?? identity
  }

  /** From now on this identity acts as the service account. */
  bind(identity: string, serviceAccount: string, namespace: string): void {
    this.#serviceAccounts.set(identity, `system:serviceaccount:${namespace}:${serviceAccount}`)
  }

  /** The identity's token; made at the first call. */
  tokenOf(identity: string): string {
    return this.#tokens.get(identity) ?? this.rotate(identity)
  }

  /** A new token; the old one is refused from now on. */
  rotate(identity: string): string {
    const before = this.#tokens.get(identity)
    if (before !== undefined) this.#identities.delete(before)
    const token = randomBytes(24).toString('base64url')
    this.#tokens.set(identity, token)
    this.#identities.set(token, identity)
    return token
  }

  /** @throws StatusError 401 */
  authenticate(authorization: string | undefined): string {
    const token = authorization?.match(/^Bearer (.+)$/i)?.[1]?.trim()
    const identity = token === undefined ? undefined : this.#identities.get(token)
    if (identity === undefined) throw unauthorized()
    return identity
  }
}
