/**
 * Many elections in one process, of whichever version of the library the order names. It uses no more of it than every
 * version has: the class, plain options, KUBECONFIG, and the events `leading`, `lost` and `newLeader`.
 *
 * On SIGTERM it stops in order and ends, as an application does.
 */
import { monotonic } from './monotonic.ts'
import { type OwnUsage, ownUsage } from './usage.ts'

export interface Stand {
  readonly lease: string
  readonly identity: string
}

export interface ElectorOrder {
  /** URL of the library's main module. */
  readonly library: string
  readonly stands: readonly Stand[]
  /** Default: the preset `client-go`. */
  readonly timing?: Timing
  /** Its memory is what it has once its garbage was collected. Default: what it has. */
  readonly collectsGarbage?: boolean
}

/** In milliseconds. */
export interface Timing {
  readonly leaseDuration: number
  readonly renewDeadline: number
  readonly interval: number
}

/** What it tells: `at` is the machine's monotonic time. */
export type Told =
  | { readonly type: 'leading'; readonly stand: Stand; readonly at: number }
  | { readonly type: 'lost'; readonly stand: Stand; readonly at: number }
  /** Each of its elections has seen who leads. */
  | { readonly type: 'informed' }
  | { readonly type: 'usage'; readonly usage: OwnUsage }
  | { readonly type: 'failed'; readonly stand: Stand; readonly error: string }

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const end = new AbortController()
process.once('SIGTERM', () => end.abort())
process.once('disconnect', () => process.exit())
process.once('message', stand)

function tell(told: Told): void {
  if (process.connected) process.send!(told)
}

async function stand({ library, stands, timing }: ElectorOrder): Promise<void> {
  process.on('message', () => tell({ type: 'usage', usage: ownUsage() }))
  const { LeaderElection } = (await import(library)) as typeof import('kubernetes-leader-election')
  const uninformed = new Set(stands)
  await Promise.all(
    stands.map(async (stand) => {
      const { lease, identity } = stand
      const chosen = timing ?? ({ preset: 'client-go' } as const)
      const options = { ...chosen, namespace: 'default', identity, log: silent }
      const election = new LeaderElection(lease, options)
      election.on('leading', () => tell({ type: 'leading', stand, at: monotonic() }))
      election.on('lost', () => tell({ type: 'lost', stand, at: monotonic() }))
      election.on('newLeader', ({ holder }) => {
        if (holder !== undefined && uninformed.delete(stand) && uninformed.size === 0) tell({ type: 'informed' })
      })
      await election.lead(untilAborted, { signal: end.signal }).catch((error) => {
        if (!end.signal.aborted) tell({ type: 'failed', stand, error: String(error) })
      })
    }),
  )
  if (end.signal.aborted) process.disconnect()
}

function untilAborted({ signal }: { readonly signal: AbortSignal }): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
