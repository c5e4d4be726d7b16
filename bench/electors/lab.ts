/** A server and electors on it, and their end, however the measurement ends. */
import { ApiServerProcess } from './api-server-process.ts'
import type { Stand } from './elector.ts'
import { ElectorProcess } from './elector-process.ts'

export class Lab {
  readonly server = new ApiServerProcess()
  readonly #library: string
  readonly #electors: ElectorProcess[] = []

  private constructor(library: string) {
    this.#library = library
  }

  /** Electors of this library; all is over when what runs in it has settled. */
  static async run<Result>(library: string, measure: (lab: Lab) => Promise<Result>): Promise<Result> {
    const lab = new Lab(library)
    try {
      return await measure(lab)
    } finally {
      await Promise.all(lab.#electors.map((elector) => elector.end()))
      await lab.server.close()
    }
  }

  /** A process with the token of this identity; its elections have names of their own. */
  async start(identity: string, stands: readonly Stand[]): Promise<ElectorProcess> {
    const kubeConfig = await this.server.kubeConfig(identity)
    const elector = await ElectorProcess.start(kubeConfig, { library: this.#library, stands })
    this.#electors.push(elector)
    return elector
  }
}
