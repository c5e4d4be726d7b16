/** The election of a sidecar, and what is told of it. Loaded once the server listens, since it takes longer. */
import { readSurroundings } from '../../options/pod.ts'
import { Cluster } from '../cluster.ts'
import { aborted } from '../elect/events.ts'
import { type ToldElection, tellElection } from '../elect/telling.ts'
import type { ElectionArguments } from '../election-options.ts'
import { printEvent } from '../json-lines.ts'
import { Announcer } from './announcement.ts'
import type { Label } from './label.ts'
import { collectGarbage } from './memory.ts'
import { metricsOf } from './metrics.ts'
import { PodLabel } from './pod-label.ts'
import type { Served, SidecarServer } from './server.ts'
import { Streams } from './streams.ts'

/** Milliseconds, at most, that the Lease is not given back while the label is taken off. */
const LABEL_PATIENCE = 3_000
/** Milliseconds after it has first seen who leads in which what that needed may still be needed. */
const SETTLING = 1_000

export interface SidecarOptions {
  readonly isJson: boolean
  readonly label: Label | undefined
  readonly server: SidecarServer
}

export class Sidecar implements Served, Disposable {
  readonly election: ToldElection['election']
  readonly isEndTold: ToldElection['isEndTold']
  readonly announcer: Announcer
  readonly streams: Streams
  readonly namespace: Served['namespace']
  readonly metrics: Served['metrics']
  readonly #cluster = new Cluster()
  readonly #label: PodLabel | undefined

  constructor(given: ElectionArguments, { isJson, label, server }: SidecarOptions) {
    const { election, narrator, isEndTold } = tellElection(given, isJson)
    const { namespace, drainTimeout } = given.settings
    this.election = election
    this.isEndTold = isEndTold
    this.namespace = async () => namespace ?? (await this.#cluster.namespace().catch(() => undefined))
    this.announcer = new Announcer(election)
    this.streams = new Streams(this.announcer)
    this.metrics = metricsOf(election, this.namespace)
    const warn = (message: string) => {
      if (!isJson) narrator.warn(message)
      else printEvent({ type: 'warning', message }, election.isLeading())
    }
    this.#label =
      label &&
      new PodLabel(this.#cluster, label, async () => ({ name: label.pod, namespace: await this.#podNamespace() }), {
        warn,
        patience: Math.min(LABEL_PATIENCE, drainTimeout / 2),
      })
    let isFull = false
    server.onRefused(() => {
      if (!isFull) warn('clients are refused: there are as many connections as --max-clients allows')
      isFull = true
    })
  }

  /** Until it is stopped. Rejects with what ends the election. */
  async stand(): Promise<void> {
    const settled = () => setTimeout(collectGarbage, SETTLING).unref()
    const unsubscribe = this.election.on('newLeader', () => {
      unsubscribe()
      settled()
    })
    const label = this.#label
    await this.election.lead((leadership) => (label ? label.wear(leadership) : aborted(leadership.signal)))
  }

  /** The clients of its streams are told that this is the end. */
  [Symbol.dispose](): void {
    this.streams[Symbol.dispose]()
    this.announcer[Symbol.dispose]()
    this.#cluster[Symbol.dispose]()
  }

  async #podNamespace(): Promise<string> {
    return readSurroundings().namespace ?? (await this.#cluster.namespace())
  }
}
