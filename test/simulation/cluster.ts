/** The cluster: pods, the kubelet that starts their containers again, and whoever replaces them. */
import type { Snapshot } from 'xstate'
import { Random } from '../support/random.ts'
import { ClientGoModel } from './client-go-model.ts'
import { type Condition, Network } from './network.ts'
import type { CandidatePlan, Plan } from './plan.ts'
import { ProcessModel } from './process-model.ts'
import type { Referee } from './referee.ts'
import { ResourceModel } from './resource-model.ts'
import { ServerModel } from './server-model.ts'
import type { World } from './world.ts'

export interface Pod {
  readonly name: string
  readonly uid: string
  readonly plan: CandidatePlan
  readonly network: Network
  process: ProcessModel | undefined
  /** It is being deleted: its container is not started again. */
  isTerminating: boolean
}

/** The place of a candidate: there is a pod in it, which may be replaced. */
interface Slot {
  pod: Pod
}

/** The kubelet's wait before it starts a container again, in milliseconds. */
const RESTART = 2_000
/** How long a terminating pod may take before it is killed. */
const GRACE_PERIOD = 30_000

export class Cluster {
  readonly server: ServerModel
  readonly slots: Slot[]
  readonly #plan: Plan
  readonly world: World
  readonly #referee: Referee
  readonly #resource: ResourceModel
  readonly random: Random
  /** What the network does to everybody, newcomers included. */
  readonly #general = new Set<Condition>()
  readonly #processes = new Set<ProcessModel>()
  #peer: ClientGoModel | undefined
  #pods = 0
  #containers = 0

  constructor(plan: Plan, world: World, referee: Referee) {
    this.#plan = plan
    this.world = world
    this.#referee = referee
    this.random = Random.of(plan.seed, 'cluster')
    this.server = new ServerModel(world, {
      commit: (commit) => referee.committed(commit),
      unconditional: (write) => referee.unconditional(write),
    })
    referee.podExists = (uid) => this.server.hasPod(uid)
    this.server.maySetOwners = (by) => referee.maySetOwners(by)
    this.#resource = new ResourceModel((...write) => referee.written(...write))
    this.slots = plan.candidates.map((candidate) => ({ pod: this.#newPod(candidate, candidate.name) }))
  }

  /** All processes that live, those of pods that are gone included. */
  get processes(): Iterable<ProcessModel> {
    return this.#processes
  }

  get pods(): readonly Pod[] {
    return this.slots.map(({ pod }) => pod)
  }

  /** Index of the slot whose process leads by its own view. */
  get leadingSlot(): number | undefined {
    const index = this.slots.findIndex(({ pod }) => pod.process?.leadsWith !== undefined)
    return index < 0 ? undefined : index
  }

  start(): void {
    for (const { pod } of this.slots) this.world.at(pod.plan.startsAt, () => this.#startContainer(pod))
    if (this.#plan.hasPeer) {
      this.#peer = new ClientGoModel(this.world, this.server, Random.of(this.#plan.seed, 'client-go'))
      this.#peer.start()
    }
  }

  /** The last fault has ended: whatever was under way is gone, and every pod has its container. */
  calmDown(): void {
    this.#peer?.end()
    for (const process of [...this.#processes]) if (!this.#isInPlace(process)) this.#kill(process)
    for (const { pod } of this.slots) if (!pod.process) this.#startContainer(pod)
  }

  end(): void {
    for (const process of [...this.#processes]) this.#kill(process)
  }

  /** Does something to the process of a candidate, which counts as its trouble from beginning to end. */
  troubled(target: number, begin: (process: ProcessModel) => (() => void) | undefined): (() => void) | undefined {
    const { process } = this.slots[target]!.pod
    if (!process) return undefined
    process.trouble()
    const end = begin(process)
    return () => {
      process.trouble()
      end?.()
    }
  }

  /** Adds a condition for everybody; returns what ends it. */
  addForAll(condition: Condition): () => void {
    this.#general.add(condition)
    for (const { network } of this.pods) network.add(condition)
    return () => {
      this.#general.delete(condition)
      for (const { network } of this.pods) network.remove(condition)
    }
  }

  cutStreams(): void {
    for (const { network } of this.pods) network.cutStreams()
  }

  /** Cuts a pod off for some stretch of the time, or not at all; returns what ends that at once. */
  partitionFor(pod: Pod, length: number, strength: number): () => void {
    if (this.random.chance(0.3 * strength)) return () => {}
    let heal = () => {}
    const begins = this.random.between(0, length / 2)
    const cancel = this.world.after(begins, () => {
      heal = pod.network.add({ requestLoss: 1, answerLoss: 1, isSilent: true })
      this.world.after(this.random.between(0, length - begins), heal)
    })
    return () => {
      cancel()
      heal()
    }
  }

  crash(target: number, restartAfter: number): void {
    const { pod } = this.slots[target]!
    if (!pod.process) return
    const persisted = this.#plan.restores ? pod.process.persist() : undefined
    this.#kill(pod.process)
    this.world.after(restartAfter, () => this.#startContainer(pod, persisted))
  }

  /** Its machine is restored from a snapshot of its memory, while it goes on. */
  copyMachine(target: number, attempts = 50): void {
    const process = this.slots[target]?.pod.process
    const copy = process?.copy(this.#newNetwork())
    if (copy) {
      this.#processes.add(copy)
      this.#referee.copied(copy)
      copy.start()
    } else if (attempts > 0) this.world.after(20, () => this.copyMachine(target, attempts - 1))
  }

  stop(target: number): void {
    this.slots[target]!.pod.process?.stop()
  }

  stepDown(target: number): void {
    const { process, plan } = this.slots[target]!.pod
    if (this.#plan.term === 'renewable') process?.stepDown(plan.interval)
  }

  /** As by a rollout: the process is asked to stop, the pod goes with it, and another one comes. */
  deletePod(target: number, { takes, keepsName }: { takes: number; keepsName: boolean }): void {
    const slot = this.slots[target]!
    const { pod } = slot
    if (pod.isTerminating) return
    pod.isTerminating = true
    pod.process?.stop()
    const remove = () => {
      if (pod.process) this.#kill(pod.process)
      this.server.removePod(pod.uid)
    }
    if (!pod.process) remove()
    else this.world.after(Math.min(GRACE_PERIOD, takes), remove)
    this.#replace(slot, keepsName)
  }

  /** The pod is gone at once; its process does not know and goes on for a while. */
  deletePodByForce(target: number, { livesFor, keepsName }: { livesFor: number; keepsName: boolean }): void {
    const slot = this.slots[target]!
    const { pod } = slot
    if (pod.isTerminating) return
    pod.isTerminating = true
    this.server.removePod(pod.uid)
    this.world.after(livesFor, () => pod.process && this.#kill(pod.process))
    this.#replace(slot, keepsName)
  }

  #ended(process: ProcessModel, error: unknown): void {
    this.#referee.ended(process, error)
    const pod = this.pods.find((each) => each.process === process)
    this.#kill(process)
    if (pod) this.world.after(RESTART, () => this.#startContainer(pod))
  }

  #replace(slot: Slot, keepsName: boolean): void {
    const { name, plan } = slot.pod
    const newName = keepsName ? name : `${plan.name}-${this.#pods}`
    // A StatefulSet waits until the old pod is gone, unless that was forced; a Deployment does not wait.
    slot.pod = this.#newPod(plan, newName)
    const { pod } = slot
    this.world.after(keepsName ? GRACE_PERIOD + 1_000 : this.random.between(500, 5_000), () =>
      this.#startContainer(pod),
    )
  }

  #newPod(plan: CandidatePlan, name: string): Pod {
    this.#pods += 1
    const uid = `pod-${this.#pods}`
    this.server.addPod(uid)
    return { name, uid, plan, network: this.#newNetwork(), process: undefined, isTerminating: false }
  }

  #newNetwork(): Network {
    const network = new Network()
    for (const condition of this.#general) network.add(condition)
    if (this.#plan.serviceTime > 0) network.add({ serviceTime: this.#plan.serviceTime })
    return network
  }

  #startContainer(pod: Pod, persisted?: Snapshot<unknown>): void {
    if (pod.process || pod.isTerminating) return
    const { plan, name, uid } = pod
    this.#containers += 1
    pod.process = new ProcessModel({
      world: this.world,
      server: this.server,
      resource: this.#resource,
      network: pod.network,
      observer: this.#referee,
      onEnd: (process, error) => this.#ended(process, error),
      plan,
      persisted,
      seed: this.#plan.seed,
      calmFrom: this.#plan.calmFrom,
      input: {
        leaseName: 'lease',
        namespace: 'default',
        identity: name,
        incarnation: `${name}#${this.#containers}`,
        term: this.#plan.term,
        ...(plan.hasOwner && { owner: { apiVersion: 'v1', kind: 'Pod', name, uid } }),
        ...(this.#plan.maxClockSkew && { maxClockSkew: this.#plan.maxClockSkew }),
        leaseDuration: plan.leaseDuration,
        renewDeadline: plan.renewDeadline,
        interval: plan.interval,
        requestTimeout: plan.requestTimeout,
        drainTimeout: plan.drainTimeout,
        claimJitter: plan.claimJitter,
        startTimeout: plan.startTimeout,
        deleteOnRelease: plan.deletesOnRelease,
      },
    })
    this.#processes.add(pod.process)
    this.#referee.started(pod.process)
    pod.process.start()
  }

  #kill(process: ProcessModel): void {
    process.kill()
    this.#processes.delete(process)
    for (const pod of this.pods) if (pod.process === process) pod.process = undefined
  }

  #isInPlace(process: ProcessModel): boolean {
    return this.pods.some((pod) => pod.process === process)
  }
}
