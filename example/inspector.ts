/**
 * An election in the Stately inspector: `node inspector.ts`, then open http://localhost:8080 (or what PORT says).
 *
 * What one needs to know: the page that draws is https://stately.ai/inspect, of another party, in a frame: it needs the
 * Internet, and gets what is inspected (of an election no secret, of your own machines whatever their contexts and events
 * hold). The server that is started here listens on every address of the machine: use it on one that others can't reach.
 * `kubernetes-leader-election/viewer` does without both.
 *
 * Beside this file: npm install --save-dev @statelyai/inspect
 */
import { createWebSocketInspector } from '@statelyai/inspect'
import { createInspectorServer } from '@statelyai/inspect/server'
import { LeaderElection, unlessStopped } from 'kubernetes-leader-election'

const port = Number(process.env.PORT ?? 8080)
const server = createInspectorServer({ port, autoOpen: false })
const inspector = createWebSocketInspector({ url: `ws://localhost:${port}` })
console.log(`the inspector: http://localhost:${port}`)

const election = new LeaderElection(process.env.LEASE_NAME ?? 'my-app', { inspect: inspector.inspect })
process.once('SIGTERM', () => election.stop())

await election
  .lead(({ signal, fencingToken }) => {
    console.log(`this process leads, fencing token ${fencingToken}`)
    return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  })
  .catch(unlessStopped)
inspector.stop()
server.stop()
