/** A server and electors on it, and their end, however the measurement ends. */
import { ApiServerProcess } from './api-server-process.ts'
import type { ElectorOrder, Stand } from './elector.ts'
import { ElectorProcess } from './elector-process.ts'
import type { RunningElector } from './running-elector.ts'

/** Starts a process with this kubeconfig, whose elections have names of their own. */
export type Launch<Elector extends RunningElector> = (kubeConfig: string, stands: readonly Stand[]) => Promise<Elector>

/** Electors of this version of the library. */
export function ofLibrary(
  library: string,
  order: Pick<ElectorOrder, 'timing' | 'collectsGarbage'> = {},
): Launch<ElectorProcess> {
  return (kubeConfig, stands) => ElectorProcess.start(kubeConfig, { ...order, library, stands })
}

export class Lab<Elector extends RunningElector = RunningElector> {
  readonly server = new ApiServerProcess()
  readonly #launch: Launch<Elector>
  readonly #electors: Elector[] = []

  private constructor(launch: Launch<Elector>) {
    this.#launch = launch
  }

  /** All is over when what runs in it has settled. */
  static async run<Elector extends RunningElector, Result>(
    launch: Launch<Elector>,
    measure: (lab: Lab<Elector>) => Promise<Result>,
  ): Promise<Result> {
    const lab = new Lab(launch)
    try {
      return await measure(lab)
    } finally {
      await Promise.all(lab.#electors.map((elector) => elector.end()))
      await lab.server.close()
    }
  }

  /** A process with the token of this identity. `through`: another way to the server than straight. */
  async start(
    identity: string,
    stands: readonly Stand[],
    through = (kubeConfig: string) => kubeConfig,
  ): Promise<Elector> {
    const kubeConfig = await this.server.kubeConfig(identity)
    const elector = await this.#launch(through(kubeConfig), stands)
    this.#electors.push(elector)
    return elector
  }
}
