/** Health endpoints for `node:http`, Express, Fastify and whoever hands on Node's request and response. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Health } from './health.ts'

/** What is asked: a `LeaderElection` has it. */
interface Asked {
  health(options?: { readonly margin?: number }): Health
}

/**
 * Makes a handler of requests, wherever it is mounted, by the last part of their path:
 *
 * - `live`, `livez`, `healthz`: 200, or 503 where a restart would help. For a liveness probe.
 * - `ready`, `readyz`: 200, or 503 where the election has ended with an error. Not tied to leading.
 * - `leader`: 200 where this process leads, else 503. For people, and for a Service that leads to the leader only.
 * - all else: 200.
 *
 * All answers are JSON: `live`, `ready`, `reason`, and `status` with the fencing token as text.
 *
 * @param options as of `health`.
 */
export function healthHandler(
  election: Asked,
  options: { readonly margin?: number } = {},
): (request: Pick<IncomingMessage, 'url'>, response: ServerResponse) => void {
  return (request, response) => {
    const health = election.health(options)
    response.statusCode = isGood(health, lastPartOf(request)) ? 200 : 503
    response.setHeader('Content-Type', 'application/json')
    response.setHeader('Cache-Control', 'no-store')
    response.end(`${JSON.stringify(health, (_, value) => (typeof value === 'bigint' ? String(value) : value))}\n`)
  }
}

/** Of the whole path: Express and its like take the part off where the handler is mounted. */
function lastPartOf(request: Pick<IncomingMessage, 'url'> & { readonly originalUrl?: unknown }): string {
  const { url = '', originalUrl } = request
  const [path] = (typeof originalUrl === 'string' ? originalUrl : url).split('?')
  return path!.split('/').findLast(Boolean) ?? ''
}

function isGood({ live, ready, status }: Health, name: string): boolean {
  switch (name) {
    case 'live':
    case 'livez':
    case 'healthz':
      return live
    case 'ready':
    case 'readyz':
      return ready
    case 'leader':
      return status.isLeading
    default:
      return true
  }
}
