/**
 * The process's connections to API servers: for each server and user one for requests, and one for each open watch.
 *
 * Kept alive between requests, shared by all elections, closed when the last of them has ended.
 */
import http from 'node:http'
import https from 'node:https'
import type { ClusterAccess } from './cluster-access.ts'
import { WatchHub } from './watch-hub.ts'

/** Node.js agents: `requests` keeps one connection, `watches` one for each open stream. */
export interface Pool {
  readonly requests: http.Agent
  readonly watches: http.Agent
  /** Which streams are open, so that elections can share them. */
  readonly hub: WatchHub
  release(): void
}

interface SharedPool {
  readonly requests: http.Agent
  readonly watches: http.Agent
  readonly hub: WatchHub
  users: number
}

const pools = new Map<string, SharedPool>()

/** Half-open connections are found by TCP's own probes too, 30 s after the last packet. */
const KEEP_ALIVE = { keepAlive: true, keepAliveMsecs: 30_000 } as const

/** The pool for a server and its credentials; `release` it once: it is closed after its last user. */
export function acquirePool({ server, key }: ClusterAccess, proxyAgent: http.Agent | undefined): Pool {
  let shared = pools.get(key)
  if (!shared) {
    shared = { ...createAgents(server, proxyAgent), hub: new WatchHub(), users: 0 }
    pools.set(key, shared)
  }
  shared.users += 1
  const { requests, watches, hub } = shared
  return {
    requests,
    watches,
    hub,
    release: () => {
      shared.users -= 1
      if (shared.users > 0) return
      pools.delete(key)
      requests.destroy()
      watches.destroy()
    },
  }
}

/**
 * A proxy may never answer, and client-node's agent doesn't give up when the request does that it connects for: so its
 * own request to the proxy, which it makes next, gets the same signal.
 */
export function tieProxyTo(
  signal: AbortSignal,
  agent: http.Agent & { proxyRequestOptions?: http.RequestOptions },
): void {
  if (agent.proxyRequestOptions) agent.proxyRequestOptions = { ...agent.proxyRequestOptions, signal }
}

function createAgents(server: string, proxyAgent: http.Agent | undefined) {
  if (proxyAgent) {
    // client-node made it for the proxy in the kubeconfig; it only lacks keeping its connections.
    Object.assign(proxyAgent, KEEP_ALIVE)
    return { requests: proxyAgent, watches: proxyAgent }
  }
  const Agent = server.startsWith('http:') ? http.Agent : https.Agent
  return { requests: new Agent({ ...KEEP_ALIVE, maxSockets: 1 }), watches: new Agent(KEEP_ALIVE) }
}
