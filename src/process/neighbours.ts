/**
 * Who else stands under this candidate's identity nearby: in this process, or in another one of its PID namespace.
 *
 * The statechart and `lease.ts` know the Lease alone. What can be seen around this process is added to the record here, as
 * it comes in. Elections of this process are known by their incarnations; two that stand for one Lease by the uid of that
 * Lease, since its name says nothing about the cluster.
 */
import { isOtherPod, isOwnWrite } from '../lease/identity.ts'
import type { LeaseRecord, Namesake } from '../lease/record.ts'
import type { Settings } from '../options/types.ts'
import {
  type IsRunning,
  isRunning,
  isSameNamespace,
  isSameProcess,
  type ProcessMark,
  parseProcessMark,
  readProcessMark,
} from './process-mark.ts'

export interface Neighbours {
  /** The mark of this process, for what it writes; undefined where it has none. */
  readonly mark: string | undefined
  /** An election begins; call what is returned at its end. */
  enter(settings: Settings): () => void
  /** The record, and what can be seen from here of who wrote it. */
  recognize(record: LeaseRecord, settings: Settings): LeaseRecord
}

/** An election that lives in this process. */
interface Resident {
  readonly settings: Settings
  /** uid of the Lease that it saw last. */
  leaseUid: string | undefined
}

/** By incarnation, in the order in which they began. */
export type Residents = Map<string, Resident>

/** For candidates that share this process with models of others: nobody is seen. */
export const NO_NEIGHBOURS: Neighbours = {
  mark: undefined,
  enter: () => () => {},
  recognize: (record) => record,
}

export interface NeighboursOptions {
  readonly mark: ProcessMark | undefined
  readonly isRunning: IsRunning
  readonly residents: Residents
}

export function createNeighbours({ mark, isRunning, residents }: NeighboursOptions): Neighbours {
  /** Who wrote a record of our identity, in another incarnation. */
  const lookUp = (record: LeaseRecord): Pick<LeaseRecord, 'namesake' | 'isLeftBehind'> => {
    if (residents.has(record.incarnation ?? '')) return { namesake: { kind: 'election' } }
    const writer = parseProcessMark(record.process)
    if (!mark || !writer || !isSameNamespace(mark, writer)) return {}
    if (isSameProcess(mark, writer)) {
      return writer.thread === mark.thread ? { isLeftBehind: true } : { namesake: { kind: 'unclear' } }
    }
    const runs = isRunning(writer)
    if (runs === undefined) return { namesake: { kind: 'unclear' } }
    return runs ? { namesake: { kind: 'process', pid: writer.pid } } : {}
  }

  /** The one that began first stays. */
  const findEarlier = ({ uid }: LeaseRecord, { identity, incarnation, podUid }: Settings): Namesake | undefined => {
    for (const [each, { settings, leaseUid }] of residents) {
      if (each === incarnation) return undefined
      const isInOtherPod = podUid !== settings.podUid && podUid !== undefined && settings.podUid !== undefined
      if (leaseUid === uid && settings.identity === identity && !isInOtherPod) return { kind: 'election' }
    }
    return undefined
  }

  return {
    mark: mark && JSON.stringify(mark),

    enter: (settings) => {
      const resident = { settings, leaseUid: undefined }
      residents.set(settings.incarnation, resident)
      return () => {
        if (residents.get(settings.incarnation) === resident) residents.delete(settings.incarnation)
      }
    },

    recognize: (record, settings) => {
      const self = residents.get(settings.incarnation)
      if (self) self.leaseUid = record.uid
      if (isOwnWrite(record, settings)) return record
      const seen = record.holder === settings.identity && !isOtherPod(record, settings) ? lookUp(record) : {}
      const namesake = seen.namesake ?? findEarlier(record, settings)
      return { ...record, ...seen, ...(namesake && { namesake }) }
    },
  }
}

const RESIDENTS = Symbol.for('kubernetes-leader-election/residents')

/** One for all copies of this module that a thread may load. */
function residentsOfThread(): Residents {
  const shared = globalThis as { [RESIDENTS]?: Residents }
  shared[RESIDENTS] ??= new Map()
  return shared[RESIDENTS]
}

let found: Neighbours | undefined

function local(): Neighbours {
  found ??= createNeighbours({ mark: readProcessMark(), isRunning, residents: residentsOfThread() })
  return found
}

/** Around this process, as it is; looked at when it is first needed. */
export const LOCAL_NEIGHBOURS: Neighbours = {
  get mark() {
    return local().mark
  },
  enter: (settings) => local().enter(settings),
  recognize: (record, settings) => local().recognize(record, settings),
}
