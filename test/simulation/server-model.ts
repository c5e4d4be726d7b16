/** A model of the API server as far as one Lease is concerned: atomic, versioned, conditional; tells watchers in order. */
import type { LeaseBody, LeasePatch, LeaseRecord, Preconditions } from '../../src/lease.ts'
import { parseLease } from '../../src/lease.ts'
import { mergePatch } from '../../src/testing/patch.ts'

export type Outcome =
  | { readonly status: 200; readonly record: LeaseRecord | undefined }
  | { readonly status: 404 | 409 }

export type Told =
  | { readonly type: 'changed'; readonly record: LeaseRecord }
  | { readonly type: 'deleted'; readonly uid: string }

interface Stored {
  readonly metadata: {
    readonly uid: string
    readonly resourceVersion: string
    readonly ownerReferences?: readonly { uid: string }[]
  }
}

export class ServerModel {
  #lease: Stored | undefined
  #version = 100
  #uids = 0
  readonly watchers = new Set<(told: Told) => void>()
  /** Writes of an existing Lease that did not carry both preconditions. */
  readonly unconditional: string[] = []

  read(): Outcome {
    return { status: 200, record: this.#record() }
  }

  create(body: LeaseBody): Outcome {
    if (this.#lease) return { status: 409 }
    this.#uids += 1
    return this.#store({ ...body, metadata: { ...body.metadata, uid: `uid-${this.#uids}` } })
  }

  patch(patch: LeasePatch): Outcome {
    this.#audit('patch', patch.metadata)
    if (!this.#lease) return { status: 404 }
    if (!this.#matches(patch.metadata)) return { status: 409 }
    return this.#store(mergePatch(this.#lease, patch) as object)
  }

  delete(preconditions: Preconditions): Outcome {
    this.#audit('delete', preconditions)
    if (!this.#lease) return { status: 404 }
    if (!this.#matches(preconditions)) return { status: 409 }
    this.#remove()
    return { status: 200, record: undefined }
  }

  /** The garbage collector: the pod is gone, and with it the Lease that it owns. */
  collect(podUid: string): void {
    if (this.#lease?.metadata.ownerReferences?.some(({ uid }) => uid === podUid)) this.#remove()
  }

  #record(): LeaseRecord | undefined {
    return this.#lease && parseLease(this.#lease)
  }

  #matches({ uid, resourceVersion }: Preconditions): boolean {
    return this.#lease?.metadata.uid === uid && this.#lease.metadata.resourceVersion === resourceVersion
  }

  #store(lease: object): Outcome {
    this.#version += 1
    const { metadata } = lease as Stored
    this.#lease = { ...lease, metadata: { ...metadata, resourceVersion: String(this.#version) } }
    const record = this.#record()!
    for (const tell of [...this.watchers]) tell({ type: 'changed', record })
    return { status: 200, record }
  }

  #remove(): void {
    const { uid } = this.#lease!.metadata
    this.#lease = undefined
    this.#version += 1
    for (const tell of [...this.watchers]) tell({ type: 'deleted', uid })
  }

  #audit(verb: string, { uid, resourceVersion }: Partial<Preconditions>): void {
    if (!uid || !resourceVersion) this.unconditional.push(verb)
  }
}
