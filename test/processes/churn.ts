/**
 * Misfortune for a bounded time: candidates are killed, stopped, blocked, asked to go, cut off and given other tokens,
 * and the server restarts; the seed decides what strikes when and, as far as the processes go along, whom.
 */
import { Random } from '../support/random.ts'
import type { CandidateProcess } from './candidate-process.ts'
import { type ProcessCluster, SHORT } from './process-cluster.ts'

/** Milliseconds within which a term ends, and some more. */
const SOME_TIME = [0.5 * SHORT.leaseDuration, 2 * SHORT.leaseDuration] as const

interface Blow {
  readonly name: string
  /** Resolves when its consequences are mended. */
  strike(victim: CandidateProcess): Promise<void>
}

export class Churn {
  /** What struck whom, to be read when something went wrong. */
  readonly history: string[] = []
  readonly #cluster: ProcessCluster
  readonly #random: Random
  readonly #blows: readonly Blow[]
  readonly #struck = new Set<Promise<void>>()
  readonly #startedAt = performance.now()
  #pods = 0
  #restarted = Promise.resolve()

  constructor(cluster: ProcessCluster, seed: number) {
    this.#cluster = cluster
    this.#random = new Random(seed)
    this.#blows = this.#makeBlows()
  }

  /** Starts this many candidates, each in a new pod. */
  async start(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#replace()))
  }

  /** Strikes again and again until the condition holds, but at least for so many milliseconds. */
  async rage(milliseconds: number, condition: () => boolean, limit: number): Promise<void> {
    const startedAt = performance.now()
    const elapsed = () => performance.now() - startedAt
    while (elapsed() < milliseconds || (!condition() && elapsed() < limit)) {
      this.#strike()
      await this.#sleep(100, 500)
    }
  }

  /** Resolves when everything that was struck is mended. */
  async calm(): Promise<void> {
    await Promise.all(this.#struck)
  }

  #strike(): void {
    const { leader, processes } = this.#cluster
    const candidates = processes.filter(({ isInformed, isStruck }) => isInformed && !isStruck)
    const prefersLeader = this.#random.chance(0.75)
    const blow = this.#random.pick(this.#blows)
    const victim = prefersLeader && leader && !leader.isStruck ? leader : this.#random.pick(candidates)
    if (!victim) return
    victim.isStruck = true
    const at = Math.round(performance.now() - this.#startedAt)
    this.history.push(`${at} ms: ${blow.name}: ${victim.name}${victim === leader ? ', the leader' : ''}`)
    const mended = blow.strike(victim).finally(() => {
      victim.isStruck = false
      this.#struck.delete(mended)
    })
    mended.catch(() => {}) // `calm` tells
    this.#struck.add(mended)
  }

  #makeBlows(): readonly Blow[] {
    const cluster = this.#cluster
    const { server } = cluster
    return [
      {
        name: 'killed, and its pod deleted',
        strike: async (victim) => {
          await victim.end()
          server.deletePod(victim.pod)
          await this.#replace()
        },
      },
      {
        name: 'killed with its node, so that its pod stays',
        strike: async (victim) => {
          await victim.end()
          await this.#replace()
        },
      },
      {
        name: 'killed, and restarted in its pod',
        strike: async (victim) => {
          await victim.end()
          await cluster.candidate(victim.pod)
        },
      },
      {
        name: 'killed, and its pod recreated under the same name',
        strike: async (victim) => {
          await victim.end()
          server.deletePod(victim.pod)
          await cluster.candidate(victim.pod)
        },
      },
      {
        name: 'asked to stop, and replaced',
        strike: async (victim) => {
          victim.kill('SIGTERM')
          const { code, errors } = await victim.exited
          if (code !== 0) throw new Error(`${victim.name} was asked to stop, and ended with ${code}: ${errors}`)
          await this.#replace()
        },
      },
      {
        name: 'asked to step down',
        strike: async (victim) => victim.tell({ type: 'stepDown' }),
      },
      {
        name: 'stopped and continued',
        strike: async (victim) => {
          victim.kill('SIGSTOP')
          await this.#sleep(...SOME_TIME)
          victim.kill('SIGCONT')
        },
      },
      {
        name: 'stopped before its next write, and continued',
        strike: async (victim) => {
          victim.stopBeforeWriting(0.5 * SHORT.leaseDuration)
          await this.#sleep(1.5 * SHORT.leaseDuration, 2 * SHORT.leaseDuration)
          victim.kill('SIGCONT')
        },
      },
      {
        name: 'blocked',
        strike: async (victim) => {
          const milliseconds = this.#random.between(...SOME_TIME)
          victim.tell({ type: 'block', milliseconds })
          await this.#sleep(milliseconds, milliseconds)
        },
      },
      ...(['requests', 'answers', 'both'] as const).map((lost) => ({
        name: `cut off: ${lost} get lost`,
        strike: async ({ pod }: CandidateProcess) => {
          using _partition = server.faults.partition(pod, { lost })
          await this.#sleep(...SOME_TIME)
        },
      })),
      { name: 'given another token', strike: async ({ pod }) => cluster.rotateToken(pod) },
      { name: 'disconnected, as everybody is by a restart of the server', strike: () => this.#restartServer() },
    ]
  }

  /** One restart after the other. */
  #restartServer(): Promise<void> {
    this.#restarted = this.#restarted.then(() => this.#cluster.server.restart())
    return this.#restarted
  }

  async #replace(): Promise<void> {
    this.#pods += 1
    await this.#cluster.candidate(`web-${this.#pods}`)
  }

  #sleep(low: number, high: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#random.between(low, high)))
  }
}
