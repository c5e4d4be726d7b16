/** How an election ends otherwise than in order, and what becomes of its work: over real HTTP, on the embedded server. */
import type { InspectionEvent } from 'xstate'
import type { ElectionActor } from '../../../src/election-machine.ts'
import { LeaderElection, type LeaderElectionOptions, type Leadership } from '../../../src/index.ts'
import type { LeaseServer } from '../../../src/testing/index.ts'
import { collectUncaught } from '../../support/uncaught.ts'
import { until, withServer } from './server.ts'

export function brokenInspector(): Promise<string | undefined> {
  return atWork(async (election, inspector) => {
    using _ = collectUncaught()
    inspector.fail = () => {
      throw new Error('the inspector is broken')
    }
    const stopped = await election.stop().catch((error: unknown) => error)
    if (stopped !== undefined) return `an inspector that throws lets stop reject: ${stopped}`
    const [result] = election.results
    return result === 'done' ? undefined : `an inspector that throws ends the election: ${result}`
  })
}

export function stoppedFromOutside(): Promise<string | undefined> {
  return atWork(async (election, inspector) => {
    inspector.actor!.stop()
    await until(() => election.results.length > 0)
    return election.term!.signal.aborted ? undefined : 'the work goes on though the actor was stopped'
  })
}

export function errorInside(): Promise<string | undefined> {
  let isBroken = false
  const random = () => {
    if (isBroken) throw new Error('there is no more chance')
    return 0
  }
  return atWork(
    async (election, _inspector, server) => {
      isBroken = true
      server.faults.add({ verb: 'patch', status: 503 })
      const hasEnded = await until(() => election.results.length > 0)
      if (!hasEnded) return 'an error inside does not end the election'
      const isClosed = await until(() => server.openWatches === 0, 1_000)
      return isClosed ? undefined : 'the watch stays open after an error inside'
    },
    { random },
  )
}

interface AtWork {
  readonly results: unknown[]
  readonly term: Leadership | undefined
  stop(): Promise<void>
}

interface Inspector {
  actor: ElectionActor | undefined
  fail: () => void
}

/** Runs what happens to an election that leads, and whose work lasts until its signal aborts. */
function atWork(
  happen: (election: AtWork, inspector: Inspector, server: LeaseServer) => Promise<string | undefined>,
  options: LeaderElectionOptions = {},
): Promise<string | undefined> {
  return withServer(async (server) => {
    const inspector: Inspector = { actor: undefined, fail: () => {} }
    const inspect = ({ rootId, actorRef }: InspectionEvent) => {
      if (rootId === actorRef.sessionId) inspector.actor = actorRef as never
      inspector.fail()
    }
    const timing = { interval: 200, leaseDuration: 2_000, renewDeadline: 1_500 }
    const election = new LeaderElection('one', { ...timing, ...server.pod('a'), inspect, ...options })
    let term: Leadership | undefined
    const results: unknown[] = []
    const work = (leadership: Leadership) =>
      new Promise<string>((resolve) => {
        term = leadership
        leadership.signal.addEventListener('abort', () => resolve('done'), { once: true })
      })
    election.lead(work).then(
      (result) => results.push(result),
      (error) => results.push(error),
    )
    await until(() => term !== undefined)
    const noticed = await happen(
      {
        results,
        get term() {
          return term
        },
        stop: () => election.stop(),
      },
      inspector,
      server,
    )
    inspector.fail = () => {}
    return noticed
  })
}
