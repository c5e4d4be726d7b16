/** The demo's page: what it shows, and what can be done from it. */
import { PageServer } from '../../../viewer/page-server.ts'
import { readPageSource } from '../../../viewer/page-source.ts'
import { type Cluster, LEASE, now } from '../cluster.ts'
import type { Replica } from '../replica.ts'
import { Actions } from './actions.ts'
import { Candidates } from './candidates.ts'
import { yamlOf } from './lease-yaml.ts'
import type { DemoState } from './model/state.ts'
import { Requests } from './requests.ts'

export class LivePage {
  readonly #startedAt = now()
  readonly #requests = new Requests()
  readonly #candidates = new Candidates((type, data) => this.#server?.tell(type, data))
  #server: PageServer | undefined

  /** For the cluster: whatever starts is shown. */
  readonly observe = (replica: Replica): void => this.#candidates.observe(replica)

  /**
   * Serves it; returns its address. The API server must have started.
   *
   * @param port 0: a free one.
   */
  async serve(cluster: Cluster, port: number): Promise<string> {
    const actions = new Actions(cluster, this.#candidates)
    const { server } = cluster
    const lease = () => {
      const object = server.leases.get(LEASE)
      return object ? yamlOf(object) : `# There is no Lease ${LEASE}.`
    }
    server.leases.onChange(() => this.#server?.tell('lease', { lease: lease() }))
    server.onRequest((request) => {
      const line = this.#requests.note(request)
      if (line) this.#server?.tell('request', line)
    })
    const state = (): Omit<DemoState, 'now'> => ({
      startedAt: this.#startedAt,
      lease: lease(),
      isOutage: actions.isOutage,
      candidates: this.#candidates.all,
      sessions: this.#candidates.sessions.all,
      terms: this.#candidates.terms.all,
      requests: this.#requests.all,
    })
    this.#server = await PageServer.start({
      title: 'Leader election, live',
      source: await readPageSource('demo'),
      port,
      now,
      state,
      act: async (action) => {
        await actions.do(action)
        this.#server?.tell('outage', { isOutage: actions.isOutage })
      },
    })
    return this.#server.url
  }

  /** What went wrong, as the candidates told it. */
  get faults(): string[] {
    return this.#candidates.terms
      .overlaps(now())
      .map(({ pods, from, until }) => `${pods.join(' and ')} led at once for ${(until - from).toFixed(1)} ms`)
  }

  async close(): Promise<void> {
    await this.#server?.close()
  }
}
