/** What a request meets: the parts of the server that answer it. */
import type { Identities } from '../access/identities.ts'
import type { Rbac } from '../access/rbac.ts'
import type { Faults } from '../faults.ts'
import type { Resource } from '../objects/resources.ts'
import type { Collection } from '../storage/collection.ts'
import type { Store } from '../storage/store.ts'
import type { Watches } from '../storage/watches.ts'
import type { RecordedRequest } from './call.ts'
import type { HttpRequest } from './exchange.ts'

export interface Backend {
  readonly store: Store
  readonly collections: ReadonlyMap<string, Collection>
  readonly watches: Watches
  readonly faults: Faults
  readonly identities: Identities
  readonly rbac: Rbac
  readonly requests: RecordedRequest[]
  /** Tells that a request has come, was struck, or was answered. */
  readonly tell: (request: RecordedRequest) => void
  /** The resources that it has, by its feature gates. */
  readonly served: readonly Resource[]
  /** Milliseconds that a request which comes now has to wait for its turn and its service. */
  readonly enter: () => number
  /** Resets what the request came by. */
  readonly reset: (request: HttpRequest) => void
  /** Waits; false where the server has stopped meanwhile, and what waited is lost with it. */
  readonly sleep: (milliseconds: number) => Promise<boolean>
}
