/** What can be done from the page: each as it would befall a candidate, its pod, its machine or the API server. */
import type { FaultHandle, Partition } from '../../../testing/faults.ts'
import { ActionRefused } from '../../../viewer/page-server.ts'
import type { Cluster } from '../cluster.ts'
import type { Candidates } from './candidates.ts'
import type { Action, CutOff } from './model/state.ts'

const MOST_CANDIDATES = 8
/** Milliseconds by which a clock may be set in one step: a day. */
const LONGEST_STEP = 86_400_000
const WAYS: readonly CutOff[] = ['none', 'requests', 'answers', 'both']

type Targeted = Extract<Action, { target: string }>

export class Actions {
  readonly #cluster: Cluster
  readonly #candidates: Candidates
  readonly #partitions = new Map<string, Partition>()
  #outage: readonly FaultHandle[] = []

  constructor(cluster: Cluster, candidates: Candidates) {
    this.#cluster = cluster
    this.#candidates = candidates
  }

  get isOutage(): boolean {
    return this.#outage.length > 0
  }

  /** @throws ActionRefused */
  async do(asked: unknown): Promise<void> {
    const action = asked as Action | null
    switch (action?.action) {
      case 'outage':
        return this.#setOutage(action.on === true)
      case 'add': {
        const running = this.#candidates.all.filter(({ ended }) => !ended).length
        if (running >= MOST_CANDIDATES) throw new ActionRefused(`${running} candidates run already, and more may not.`)
        return this.#cluster.addPod()
      }
      case 'stop':
      case 'kill':
      case 'pause':
      case 'resume':
      case 'restart':
      case 'deletePod':
      case 'cutOff':
      case 'stepClock':
        return this.#doTo(action)
      default:
        throw new ActionRefused(
          `the action is ${JSON.stringify(asked)?.slice(0, 100)}; expected one of the page's own.`,
        )
    }
  }

  async #doTo(action: Targeted): Promise<void> {
    const { target: pod } = action
    const { replica, shown } = this.#candidates.find(String(pod)) ?? {}
    if (!replica || !shown) throw new ActionRefused(`there is no candidate ${JSON.stringify(pod)} (any more).`)
    const refuseWhere = (condition: boolean, why: string) => {
      if (condition) throw new ActionRefused(`${pod} ${why}.`)
    }
    refuseWhere(shown.isPodDeleted, 'has lost its pod')
    refuseWhere(action.action === 'restart' && replica.isRunning, 'runs already')
    refuseWhere(action.action !== 'restart' && action.action !== 'deletePod' && !replica.isRunning, 'has ended')
    refuseWhere(action.action === 'stop' && shown.isPaused, 'is paused: resume it first, or kill it')
    switch (action.action) {
      case 'stop':
        return replica.signal('SIGTERM')
      case 'kill':
        return replica.signal('SIGKILL')
      case 'pause':
      case 'resume':
        replica.signal(action.action === 'pause' ? 'SIGSTOP' : 'SIGCONT')
        replica.isDoomed = false // it may go on; and if it has lost meanwhile, its container is restarted
        return this.#candidates.change(pod, { isPaused: replica.isPaused })
      case 'restart':
        return this.#cluster.startContainer(pod)
      case 'deletePod':
        this.#cluster.server.deletePod(pod)
        this.#candidates.change(pod, { isPodDeleted: true })
        // What the kubelet does about the process of a pod that is gone.
        if (replica.isRunning) replica.signal(shown.isPaused ? 'SIGKILL' : 'SIGTERM')
        return
      case 'cutOff':
        return this.#cutOff(pod, action.lost)
      case 'stepClock': {
        const { by } = action
        const isStep = Number.isInteger(by) && Math.abs(by) <= LONGEST_STEP
        if (!isStep) throw new ActionRefused(`by is ${String(by)}; expected milliseconds, at most a day.`)
        replica.order({ kind: 'stepClock', by })
        return this.#candidates.change(pod, { clockOffset: shown.clockOffset + by })
      }
    }
  }

  #cutOff(pod: string, lost: CutOff): void {
    if (!WAYS.includes(lost)) {
      throw new ActionRefused(`lost is ${JSON.stringify(lost)}; expected one of ${WAYS.join(', ')}.`)
    }
    this.#partitions.get(pod)?.heal()
    this.#partitions.delete(pod)
    if (lost !== 'none') this.#partitions.set(pod, this.#cluster.server.faults.partition(pod, { lost }))
    this.#candidates.change(pod, { cutOff: lost })
  }

  #setOutage(on: boolean): void {
    for (const fault of this.#outage) fault.remove()
    const { faults } = this.#cluster.server
    const message = 'the API server is out of order: somebody pressed a button'
    this.#outage = on ? [faults.add({ status: 503, message }), faults.add({ verb: 'watch', silence: true })] : []
  }
}
