/** What the leader works on: it refuses whoever comes with a lower fencing token than it has seen. */
export class ResourceModel {
  #highest = 0n
  readonly #onWrite: (by: string, fencingToken: bigint, isAccepted: boolean) => void

  constructor(onWrite: (by: string, fencingToken: bigint, isAccepted: boolean) => void) {
    this.#onWrite = onWrite
  }

  write(by: string, fencingToken: bigint): void {
    const isAccepted = fencingToken >= this.#highest
    if (isAccepted) this.#highest = fencingToken
    this.#onWrite(by, fencingToken, isAccepted)
  }
}
