/**
 * The certificate of the loopback server, which is its own authority: made once per process and host, never stored.
 *
 * It is written here, in the few lines of DER that it takes: the libraries that do so take half a second to load, which
 * every test file would pay for.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'

export interface ServerCertificate {
  readonly key: string
  readonly cert: string
  /** What clients have to trust, base64 of the PEM: `certificate-authority-data` of a kubeconfig. */
  readonly authorityData: string
}

const made = new Map<string, ServerCertificate>()

/** For `localhost`, 127.0.0.1, ::1 and this host. */
export function certificateFor(host: string): ServerCertificate {
  const known = made.get(host)
  if (known) return known
  const certificate = createCertificate(host)
  made.set(host, certificate)
  return certificate
}

const HOURS = 60 * 60 * 1000

function createCertificate(host: string): ServerCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = sequence(set(sequence(oid(...COMMON_NAME), utf8('kubernetes-leader-election test server'))))
  const now = Date.now()
  const validity = sequence(time(new Date(now - 24 * HOURS)), time(new Date(now + 365 * 24 * HOURS)))
  const algorithm = sequence(oid(...ECDSA_WITH_SHA256))
  const content = sequence(
    tagged(0, der(0x02, Buffer.of(2))), // version 3
    serialNumber(),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(3, sequence(...extensions(host))),
  )
  const certificate = sequence(content, algorithm, bits(sign('sha256', content, privateKey)))
  const cert = `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    cert,
    authorityData: Buffer.from(cert).toString('base64'),
  }
}

const COMMON_NAME = [2, 5, 4, 3] as const
const ECDSA_WITH_SHA256 = [1, 2, 840, 10045, 4, 3, 2] as const
const SERVER_AUTHENTICATION = [1, 3, 6, 1, 5, 5, 7, 3, 1] as const

function extensions(host: string): Buffer[] {
  const names = ['localhost', '127.0.0.1', '::1']
  if (!names.includes(host)) names.push(host)
  return [
    extension([2, 5, 29, 19], true, sequence(TRUE)), // basicConstraints: an authority
    extension([2, 5, 29, 15], true, der(0x03, Buffer.of(2, 0b1000_0100))), // keyUsage: signs, certificates too
    extension([2, 5, 29, 37], false, sequence(oid(...SERVER_AUTHENTICATION))), // extKeyUsage
    extension([2, 5, 29, 17], false, sequence(...names.map(alternativeName))), // subjectAltName
  ]
}

function extension(id: readonly number[], isCritical: boolean, value: Buffer): Buffer {
  return sequence(oid(...id), ...(isCritical ? [TRUE] : []), der(0x04, value))
}

function alternativeName(host: string): Buffer {
  return isIP(host) ? der(0x87, addressBytes(host)) : der(0x82, Buffer.from(host))
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  // URL writes an IPv6 address in its shortest form, with at most one `::` and no IPv4 at its end.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((each) => Number.parseInt(each, 16)))
  const [before, after] = [groups(head), groups(tail ?? '')]
  const zeros = Array<number>(8 - before.length - after.length).fill(0)
  return Buffer.from([...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]))
}

const TRUE = der(0x01, Buffer.of(0xff))

/** A value of DER: its tag, its length and its content. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...size), content])
}

function sequence(...contents: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(contents))
}

function set(content: Buffer): Buffer {
  return der(0x31, content)
}

function tagged(number: number, content: Buffer): Buffer {
  return der(0xa0 + number, content)
}

/** An INTEGER: positive, and without superfluous zeros in front. */
function serialNumber(): Buffer {
  const bytes = randomBytes(8)
  bytes[0] = (bytes[0]! & 0x3f) | 0x40
  return der(0x02, bytes)
}

function utf8(text: string): Buffer {
  return der(0x0c, Buffer.from(text))
}

function bits(content: Buffer): Buffer {
  return der(0x03, Buffer.concat([Buffer.of(0), content]))
}

/** A UTCTime, whose years have two digits: RFC 5280 demands it until 2049. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '')
  return der(0x17, Buffer.from(digits.slice(2)))
}

function oid(...[first = 0, second = 0, ...rest]: readonly number[]): Buffer {
  const base128 = (value: number): number[] => {
    const bytes = [value & 0x7f]
    for (let left = value >> 7; left > 0; left >>= 7) bytes.unshift((left & 0x7f) | 0x80)
    return bytes
  }
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}
