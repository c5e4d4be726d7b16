/** What may stand between a client and the API server, on the loopback interface. */
import { once } from 'node:events'
import http from 'node:http'
import net, { type AddressInfo, type Server, type Socket } from 'node:net'
import { beginDelivery } from './traffic.ts'

interface Listening extends AsyncDisposable {
  readonly url: string
  /** Connections that clients have open to it. */
  readonly open: number
}

/** A forward proxy, as a kubeconfig's `proxy-url` names it; with `isSilent`, one that takes requests and never answers. */
export async function startProxy({ isSilent = false } = {}): Promise<Listening & { readonly targets: string[] }> {
  const targets: string[] = []
  const server = http.createServer()
  server.on('connect', (request, client: Socket) => {
    targets.push(request.url!)
    client.on('error', () => {})
    if (isSilent) {
      client.resume().once('end', () => client.destroy()) // the client has gone
      return
    }
    const { hostname, port } = new URL(`http://${request.url}`)
    const upstream = net.connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      join(client, upstream)
    })
    upstream.on('error', () => client.destroy())
  })
  const listening = await listen(server)
  return {
    ...listening,
    get open() {
      return listening.open
    },
    targets,
  }
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
    one.on('error', () => {})
    one.once('close', () => other.destroy())
  }
}
