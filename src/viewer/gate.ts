/**
 * Who may ask: the page that this server has sent, and nobody else.
 *
 * Another site that is open in the same browser can send requests to 127.0.0.1, and can have a name of its own lead there
 * (DNS rebinding). So the Host must be the server's own address, an Origin where there is one too, and what acts brings a
 * token that stands in the page, which no other site can read.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** The header with the token, in small letters as Node.js has them. */
export const TOKEN_HEADER = 'x-page-token'

/** What a browser says of a request that another site has made, be it one whose answer that site can't read. */
const FOREIGN = ['cross-site', 'same-site']

/** Why a request is refused, for who sent it. */
export interface Refusal {
  readonly status: 403 | 415
  readonly message: string
}

export class Gate {
  readonly token = randomBytes(24).toString('base64url')
  readonly #hosts: readonly string[]

  constructor(port: number) {
    const suffix = port === 80 ? '' : `:${port}` // as browsers write it
    this.#hosts = [`127.0.0.1${suffix}`, `localhost${suffix}`]
  }

  /** @param acts it changes something, or would. */
  refuse(headers: IncomingHttpHeaders, acts: boolean): Refusal | undefined {
    const { host = '', origin } = headers
    const expected = this.#hosts.join(' or ')
    if (!this.#hosts.includes(host)) {
      return {
        status: 403,
        message: `Host is ${JSON.stringify(host)}; expected ${expected}: open the page by that address.`,
      }
    }
    if (origin !== undefined ? origin !== `http://${host}` : acts) {
      return {
        status: 403,
        message: `Origin is ${JSON.stringify(origin ?? '')}; expected http://${host}, the page's own.`,
      }
    }
    if (FOREIGN.includes(String(headers['sec-fetch-site'])) && headers['sec-fetch-mode'] !== 'navigate') {
      return {
        status: 403,
        message: "another site's page asks for it; expected this page, or an address that is opened.",
      }
    }
    if (!acts) return undefined
    if (!this.#isToken(headers[TOKEN_HEADER])) {
      return {
        status: 403,
        message: `${TOKEN_HEADER} is not this page's token: it stands in the page; load that anew.`,
      }
    }
    const type = headers['content-type'] ?? ''
    if (/^application\/json\b/.test(type)) return undefined
    return { status: 415, message: `Content-Type is ${JSON.stringify(type)}; expected application/json.` }
  }

  #isToken(given: string | string[] | undefined): boolean {
    const [received, own] = [Buffer.from(String(given)), Buffer.from(this.token)]
    return received.length === own.length && timingSafeEqual(received, own)
  }
}
