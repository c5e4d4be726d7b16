/** What may stand between a client and the API server, on the loopback interface. */
import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import net, { type AddressInfo, type Server, type Socket } from 'node:net'
import { certificateFor } from '../../src/testing/http/certificates.ts'
import { beginDelivery } from './traffic.ts'

interface Listening extends AsyncDisposable {
  readonly url: string
  /** Connections that clients have open to it. */
  readonly open: number
}

export interface ProxyOptions {
  /** Takes requests and never answers. */
  readonly isSilent?: boolean
  /** Answers with this status instead. */
  readonly refuses?: number
  /** The port on this machine to which it leads, whatever it is asked for. */
  readonly leadsTo?: number
  /** Part of its URL. */
  readonly credentials?: string
  /** With a certificate of its own. */
  readonly tls?: boolean
  /** SOCKS 5 in place of HTTP's CONNECT. */
  readonly socks?: boolean
}

interface Proxy extends Listening {
  /** What it was asked to connect to. */
  readonly targets: string[]
  /** The user and password that it was told last. */
  readonly asked: string | undefined
}

/** A forward proxy, as a kubeconfig's `proxy-url` names it. */
export async function startProxy(options: ProxyOptions = {}): Promise<Proxy> {
  const { isSilent, refuses, leadsTo, credentials, tls, socks } = options
  const targets: string[] = []
  let asked: string | undefined
  const connect = (target: string, client: Socket, granted: string | Buffer) => {
    targets.push(target)
    client.on('error', () => {})
    if (isSilent) {
      client.resume().once('end', () => client.destroy()) // the client has gone
      return
    }
    if (refuses) {
      client.end(`HTTP/1.1 ${refuses} Refused\r\n\r\n`)
      return
    }
    const { hostname, port } = new URL(`http://${target}`)
    const upstream = leadsTo ? net.connect(leadsTo, '127.0.0.1') : net.connect(Number(port), hostname)
    upstream.once('connect', () => {
      client.write(granted)
      join(client, upstream)
    })
    upstream.on('error', () => client.destroy())
  }
  const server = socks ? net.createServer((client) => void shakeHands(client, connect)) : createHttp(tls)
  server.on('connect', ({ url, headers }: http.IncomingMessage, client: Socket) => {
    const [, encoded] = headers['proxy-authorization']?.split(' ') ?? []
    asked = encoded && Buffer.from(encoded, 'base64').toString()
    connect(url!, client, 'HTTP/1.1 200 Connection Established\r\n\r\n')
  })
  const listening = await listen(server)
  const scheme = socks ? 'socks5' : tls ? 'https' : 'http'
  return {
    url: listening.url.replace('http://', `${scheme}://${credentials ? `${credentials}@` : ''}`),
    get open() {
      return listening.open
    },
    targets,
    get asked() {
      return asked
    },
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  }
}

function createHttp(tls = false): net.Server {
  if (!tls) return http.createServer()
  const { key, cert } = certificateFor('127.0.0.1')
  return https.createServer({ key, cert })
}

/** SOCKS 5 (RFC 1928) without authentication, for IPv4 addresses. */
async function shakeHands(
  client: Socket,
  connect: (target: string, client: Socket, granted: Buffer) => void,
): Promise<void> {
  await once(client, 'data')
  client.write(Buffer.from([5, 0]))
  const [request] = (await once(client, 'data')) as [Buffer]
  const host = request[3] === 1 ? [...request.subarray(4, 8)].join('.') : request.subarray(5, -2).toString()
  client.pause()
  connect(`${host}:${request.readUInt16BE(request.length - 2)}`, client, Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
}

/** A network that breaks everything into pieces of a few bytes on its way from the server; `settled` waits for the last one. */
export async function startCrumblingNetwork(target: string): Promise<Listening> {
  const { hostname, port } = new URL(target)
  const server = net.createServer((client) => {
    client.setNoDelay(true)
    const upstream = net.connect(Number(port), hostname)
    client.pipe(upstream)
    upstream.on('data', async (data: Buffer) => {
      upstream.pause()
      const arrived = beginDelivery()
      for (let start = 0; start < data.length; start += 7) {
        client.write(data.subarray(start, start + 7))
        await new Promise(setImmediate)
      }
      arrived()
      upstream.resume()
    })
    join(client, upstream, { pipes: false })
  })
  return listen(server)
}

async function listen(server: Server | http.Server): Promise<Listening> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    get open() {
      return sockets.size
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** When one side ends, so does the other. */
function join(a: Socket, b: Socket, { pipes = true } = {}): void {
  if (pipes) a.pipe(b).pipe(a)
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    one.setNoDelay(true)
    one.on('error', () => {})
    one.once('close', () => other.destroy())
  }
}
