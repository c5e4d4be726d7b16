/**
 * The way to one API server: connections, which rotated credentials replace, and the order in which requests are sent.
 * What the requests are about is no concern of it.
 */
import { isDeepStrictEqual } from 'node:util'
import { systemClock } from '../../process/system-clock.ts'
import type { ClusterAccess, Credentials } from '../access/cluster-access.types.ts'
import { Connections } from './connections.ts'
import type { HttpRequest, HttpResponse } from './exchange.ts'
import { proxyFor } from './proxy.ts'
import { type QueueLimits, RequestQueue } from './request-queue.ts'
import type { Protocol } from './tunnel.ts'

/** A stream of HTTP/2 costs little, a connection of HTTP/1.1 much. An API server by default carries out 400 reads and 200 writes at once. */
const LIMITS: Readonly<Record<Protocol, QueueLimits>> = {
  h2: { terms: 256, others: 64, hanging: 1_024 },
  'http/1.1': { terms: 64, others: 32, hanging: 256 },
}

export class Transport {
  readonly queue = new RequestQueue(systemClock, LIMITS.h2)
  /** What the server speaks; undefined until a connection stands. */
  protocol: Protocol | undefined
  readonly #server: URL
  readonly #proxy: URL | undefined
  #current: { readonly tls: Credentials['tls']; readonly connections: Connections } | undefined
  #retired: Connections[] = []
  #isDestroyed = false

  constructor({ server, proxyUrl }: Pick<ClusterAccess, 'server' | 'proxyUrl'>) {
    this.#server = new URL(server)
    this.#proxy = proxyFor(this.#server, proxyUrl)
  }

  /** Resolves when a connection stands. */
  ready({ tls }: Credentials, signal: AbortSignal): Promise<void> {
    return this.#connections(tls).ready(signal)
  }

  /** Sends a request with these credentials, and resolves when its answer has begun. */
  send({ tls, headers }: Credentials, request: HttpRequest): Promise<HttpResponse> {
    const path = this.#server.pathname.replace(/\/+$/, '') + request.path
    return this.#connections(tls).send({ ...request, path, headers: { ...headers, ...request.headers } })
  }

  destroy(): void {
    this.#isDestroyed = true
    for (const connections of [...this.#retired, this.#current?.connections]) connections?.destroy(ended())
  }

  /** A rotated certificate needs new connections; those made with the former one end with what is under way. */
  #connections(tls: Credentials['tls']): Connections {
    // Whoever comes after the last election's end would open what nobody closes.
    if (this.#isDestroyed) throw ended()
    if (this.#current && isSame(this.#current.tls, tls)) return this.#current.connections
    if (this.#current) {
      this.#current.connections.retire()
      this.#retired = [...this.#retired.filter(({ isIdle }) => !isIdle), this.#current.connections]
    }
    const connections = new Connections({
      server: this.#server,
      proxy: this.#proxy,
      tls,
      onProtocol: (protocol) => {
        this.protocol = protocol
        this.queue.limits = LIMITS[protocol]
      },
    })
    this.#current = { tls, connections }
    return connections
  }
}

function ended(): Error {
  return new Error('the election has ended')
}

function isSame(one: Credentials['tls'], other: Credentials['tls']): boolean {
  if (one === other) return true
  const names = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof Credentials['tls']>
  return [...names].every((name) => isDeepStrictEqual(one[name], other[name]))
}
