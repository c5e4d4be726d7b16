/** Makes a connection to an API server: straight or through a proxy, with TLS, and agrees on the version of HTTP. */

import net, { type Socket } from 'node:net'
import tls from 'node:tls'
import type { Credentials } from '../access/cluster-access.types.ts'
import { http } from './node-http.ts'
import { hostOf, portOf } from './proxy.ts'

export interface Destination {
  readonly server: URL
  readonly proxy: URL | undefined
  readonly tls: Credentials['tls']
  /** Versions of HTTP that are spoken, the preferred one first. */
  readonly protocols: readonly Protocol[]
}

export type Protocol = 'h2' | 'http/1.1'

export interface Connected {
  readonly socket: Socket
  readonly protocol: Protocol
}

/** Milliseconds of silence after which TCP itself probes whether the other side is still there. */
const KEEP_ALIVE = 10_000

/** Rejects when the signal aborts; nothing is left open then. */
export async function connect({ server, proxy, tls, protocols }: Destination, signal: AbortSignal): Promise<Connected> {
  const socket = await (proxy ? throughProxy(proxy, server, tls, signal) : connectTcp(server, signal))
  if (server.protocol === 'http:') return { socket, protocol: 'http/1.1' }
  const secure = await secureOver(socket, { ...tls, ALPNProtocols: [...protocols] }, hostOf(server), signal)
  return { socket: secure, protocol: secure.alpnProtocol === 'h2' ? 'h2' : 'http/1.1' }
}

function connectTcp(to: URL, signal: AbortSignal): Promise<Socket> {
  const socket = net.connect({
    host: hostOf(to),
    port: portOf(to),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE,
  })
  return opened(socket, 'connect', signal)
}

function secureOver(socket: Socket, options: tls.ConnectionOptions, host: string, signal: AbortSignal) {
  // An address is no server name, but the certificate is compared with it all the same.
  const name = options.servername ?? (net.isIP(host) ? undefined : host)
  return opened(tls.connect({ ...options, ...(name && { servername: name }), host, socket }), 'secureConnect', signal)
}

/** The way to the server through the proxy. The proxy's own certificate may be one that the kubeconfig trusts. */
async function throughProxy(
  proxy: URL,
  server: URL,
  { ca, rejectUnauthorized }: Credentials['tls'],
  signal: AbortSignal,
) {
  const socket = await connectTcp(proxy, signal)
  if (proxy.protocol.startsWith('socks')) return socksTunnel(socket, proxy, server, signal)
  if (proxy.protocol === 'http:') return connectTunnel(socket, proxy, server, signal)
  const trusted = [...tls.getCACertificates('default'), ...(ca === undefined ? [] : [ca].flat())]
  const secure = await secureOver(socket, { ca: trusted, rejectUnauthorized }, hostOf(proxy), signal)
  return connectTunnel(secure, proxy, server, signal)
}

/** HTTP's CONNECT. */
function connectTunnel(socket: Socket, proxy: URL, server: URL, signal: AbortSignal): Promise<Socket> {
  const target = `${server.hostname}:${portOf(server)}`
  return untilAborted(socket, signal, (resolve, reject) => {
    const request = http.request({
      method: 'CONNECT',
      path: target,
      setHost: false,
      headers: { Host: target, Connection: 'keep-alive', ...proxyAuthorization(proxy) },
      createConnection: () => socket,
    })
    request.once('error', reject)
    request.once('connect', ({ statusCode, statusMessage }, tunnel: Socket, head: Buffer) => {
      if (statusCode !== 200)
        return reject(new Error(`the proxy ${proxy.host} answered ${statusCode} ${statusMessage}`))
      if (head.length > 0) tunnel.unshift(head)
      resolve(tunnel)
    })
    request.once('response', ({ statusCode }) => reject(new Error(`the proxy ${proxy.host} answered ${statusCode}`)))
    request.end()
  })
}

function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (!username && !password) return {}
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'Proxy-Authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }
}

/** Names are left to the proxy to resolve. */
async function socksTunnel(socket: Socket, proxy: URL, server: URL, signal: AbortSignal): Promise<Socket> {
  const { SocksClient } = await import('socks')
  return untilAborted(socket, signal, (resolve, reject) => {
    SocksClient.createConnection({
      existing_socket: socket,
      command: 'connect',
      destination: { host: hostOf(server), port: portOf(server) },
      proxy: {
        host: hostOf(proxy),
        port: portOf(proxy),
        type: proxy.protocol.startsWith('socks4') ? 4 : 5,
        ...(proxy.username && { userId: decodeURIComponent(proxy.username) }),
        ...(proxy.password && { password: decodeURIComponent(proxy.password) }),
      },
    }).then(({ socket }) => resolve(socket), reject)
  })
}

function opened<Kind extends Socket>(
  socket: Kind,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<Kind> {
  return untilAborted(socket, signal, (resolve, reject) => {
    socket.once(event, () => resolve(socket))
    socket.on('error', reject) // what comes later is told to whoever uses it then
    socket.once('close', () => reject(new Error('the connection was closed while it was made')))
  })
}

/** Destroys the socket where what is begun with it fails, or the signal aborts first. */
async function untilAborted<Result>(
  socket: Socket,
  signal: AbortSignal,
  begin: (resolve: (result: Result) => void, reject: (error: Error) => void) => void,
): Promise<Result> {
  let abort = () => {}
  try {
    return await new Promise<Result>((resolve, reject) => {
      abort = () => reject(signal.reason)
      signal.addEventListener('abort', abort, { once: true })
      if (signal.aborted) abort()
      begin(resolve, reject)
    })
  } catch (error) {
    socket.on('error', () => {}) // whatever else it says, it has failed
    socket.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
