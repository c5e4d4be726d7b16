/**
 * Elections of this library that renew in short intervals: how many renewals there have been, what the process holds, and
 * where its processor time goes.
 */
import { getEventListeners } from 'node:events'
import { readdirSync } from 'node:fs'
import { type Profiler, Session } from 'node:inspector/promises'
import { setTimeout as wait } from 'node:timers/promises'
import type { Timing } from './elector.ts'

export interface RenewerOrder {
  /** URL of the library's main module. */
  readonly library: string
  readonly elections: number
  readonly timing: Timing
}

export type RenewerCommand = 'look' | 'profile' | 'profiled' | 'stop'

/** What the process holds, after its garbage was collected. */
export interface Holdings {
  /** Bytes. */
  readonly heap: number
  readonly descriptors: number
  readonly sockets: number
  readonly timers: number
  /** Of whatever kind, in the words of Node.js. */
  readonly resources: number
  /** On the signal that all elections were given, and on the process. */
  readonly listeners: number
}

export type RenewerTold =
  | { readonly type: 'renewed'; readonly count: number; readonly leading: number }
  | { readonly type: 'holdings'; readonly holdings: Holdings }
  | { readonly type: 'profiling' }
  | { readonly type: 'profile'; readonly profile: Profiler.Profile; readonly renewals: number }

/** Renewals between two of its words. */
const OFTEN = 100
/** Milliseconds in which what ends by itself has ended. */
const ENDING = 500

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const end = new AbortController()
let [count, leading, profiledFrom] = [0, 0, 0]
let session: Session | undefined
let settled: Promise<unknown> = Promise.resolve()

process.once('disconnect', () => process.exit())
process.once('message', async (order: RenewerOrder) => {
  process.on('message', (command: RenewerCommand) => void carryOut(command))
  settled = stand(order)
})

async function stand({ library, elections, timing }: RenewerOrder): Promise<void> {
  const { LeaderElection } = (await import(library)) as typeof import('kubernetes-leader-election')
  const options = { ...timing, namespace: 'default', identity: 'renewer', log: silent }
  const standing = Array.from({ length: elections }, async (_, index) => {
    const election = new LeaderElection(`lease-${index}`, options)
    election.on('renewed', () => {
      count += 1
      if (count % OFTEN === 0) tell({ type: 'renewed', count, leading })
    })
    const work = ({ signal }: { readonly signal: AbortSignal }) => {
      leading += 1
      tell({ type: 'renewed', count, leading })
      return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })).finally(
        () => {
          leading -= 1
        },
      )
    }
    await election.lead(work, { signal: end.signal }).catch((error) => {
      if (!end.signal.aborted) throw error
    })
  })
  await Promise.all(standing)
}

async function carryOut(command: RenewerCommand): Promise<void> {
  if (command === 'look') return tell({ type: 'holdings', holdings: holdings() })
  if (command === 'profile') {
    session = new Session()
    session.connect()
    await session.post('Profiler.enable')
    await session.post('Profiler.start')
    profiledFrom = count
    return tell({ type: 'profiling' })
  }
  if (command === 'profiled') {
    const renewals = count - profiledFrom
    const { profile } = await session!.post('Profiler.stop')
    return tell({ type: 'profile', profile, renewals })
  }
  end.abort()
  await settled
  await wait(ENDING)
  tell({ type: 'holdings', holdings: holdings() })
}

function holdings(): Holdings {
  globalThis.gc!()
  globalThis.gc!()
  const resources = process.getActiveResourcesInfo()
  const of = (name: string) => resources.filter((each) => each === name).length
  const ofProcess = process.eventNames().map((name) => process.listenerCount(name))
  return {
    heap: process.memoryUsage().heapUsed,
    descriptors: readdirSync('/proc/self/fd').length,
    sockets: of('TCPSocketWrap'),
    timers: of('Timeout'),
    resources: resources.length,
    listeners: getEventListeners(end.signal, 'abort').length + ofProcess.reduce((sum, each) => sum + each, 0),
  }
}

function tell(told: RenewerTold): void {
  if (process.connected) process.send!(told)
}
