/** A way to the server on which connections and bytes are counted: a hop on the loopback interface, TLS and all passed on. */
import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'

export class Meter implements AsyncDisposable {
  /** Opened so far. */
  connections = 0
  /** Both ways, with what TLS adds. */
  bytes = 0
  readonly #target: number
  readonly #sockets = new Set<Socket>()
  readonly #server = net.createServer((client) => this.#pass(client))

  private constructor(target: number) {
    this.#target = target
  }

  /** To the server that this kubeconfig names. */
  static async start(kubeConfig: string): Promise<Meter> {
    const meter = new Meter(Number(serverOf(kubeConfig).port))
    meter.#server.listen(0, '127.0.0.1')
    await once(meter.#server, 'listening')
    return meter
  }

  /** The same kubeconfig, with this way to its server. */
  readonly through = (kubeConfig: string): string => {
    const { port } = this.#server.address() as AddressInfo
    return kubeConfig.replaceAll(serverOf(kubeConfig).origin, `https://127.0.0.1:${port}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #pass(client: Socket): void {
    this.connections += 1
    const upstream = net.connect(this.#target, '127.0.0.1')
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(from)
      from.setNoDelay(true)
      from.on('data', ({ length }) => {
        this.bytes += length
      })
      from.on('error', () => {})
      from.once('close', () => {
        this.#sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  }
}

function serverOf(kubeConfig: string): URL {
  return new URL(JSON.parse(kubeConfig).clusters[0].cluster.server)
}
