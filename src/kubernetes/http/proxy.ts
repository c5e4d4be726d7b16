/** Which proxy leads to an API server: the kubeconfig's, else the environment's, as Go's clients and curl read it. */
import net from 'node:net'
import { KubeConfigError } from '../../errors.ts'

const SCHEMES = ['http:', 'https:', 'socks:', 'socks4:', 'socks4a:', 'socks5:', 'socks5h:']

/**
 * The proxy for this server, or undefined where it is asked directly. HTTPS_PROXY is for https, HTTP_PROXY for http;
 * lower case goes before upper case. NO_PROXY and addresses of this machine are exceptions of the environment's only.
 *
 * @throws KubeConfigError for a proxy that is no URL of a known kind.
 */
export function proxyFor(
  server: URL,
  proxyUrl: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): URL | undefined {
  if (proxyUrl) return parseProxy(proxyUrl, "the kubeconfig's proxy-url")
  const name = server.protocol === 'http:' ? 'HTTP_PROXY' : 'HTTPS_PROXY'
  const given = environment[name.toLowerCase()] || environment[name]
  if (!given || isExempt(server, environment.no_proxy || environment.NO_PROXY || '')) return undefined
  return parseProxy(given.includes('://') ? given : `http://${given}`, name)
}

function parseProxy(text: string, from: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && SCHEMES.includes(url.protocol) && url.hostname) return url
  const kinds = SCHEMES.map((scheme) => `${scheme}//`).join(', ')
  // Without what may be a password.
  const told = JSON.stringify(text.replace(/\/\/.*@/, '//…@'))
  throw new KubeConfigError(`${from} is ${told}; expected a URL that begins with one of ${kinds}`)
}

/** Host without the brackets of an IPv6 address. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

export function portOf({ port, protocol }: URL): number {
  if (port) return Number(port)
  if (protocol.startsWith('socks')) return 1080
  return protocol === 'https:' ? 443 : 80
}

/**
 * NO_PROXY is a list of names, addresses and CIDR ranges, each perhaps with a port: `name` means the name and those
 * beneath it, `.name` and `*.name` those beneath it only, `*` everything.
 */
function isExempt(server: URL, list: string): boolean {
  const host = hostOf(server).toLowerCase().replace(/\.$/, '')
  if (host === 'localhost' || isLoopback(host)) return true
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && matches(entry, host, portOf(server)))
}

function matches(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true
  const range = /^\[?([^[\]/]+)\]?\/(\d+)$/.exec(entry)
  if (range) return isWithin(host, range[1]!, Number(range[2]))
  if (net.isIP(entry)) return entry === host
  const [, name, onlyPort] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(entry)!
  if (onlyPort !== undefined && Number(onlyPort) !== port) return false
  const suffix = name!.replace(/^\*/, '')
  return suffix.startsWith('.') ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`)
}

function isWithin(host: string, network: string, prefix: number): boolean {
  const family = familyOf(network)
  if (!family || familyOf(host) !== family || prefix > (family === 'ipv6' ? 128 : 32)) return false
  const range = new net.BlockList()
  range.addSubnet(network, prefix, family)
  return range.check(host, family)
}

function isLoopback(host: string): boolean {
  return isWithin(host, '127.0.0.0', 8) || isWithin(host, '::1', 128)
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = net.isIP(address)
  if (version === 0) return undefined
  return version === 6 ? 'ipv6' : 'ipv4'
}
