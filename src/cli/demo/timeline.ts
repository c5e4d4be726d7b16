/** Who led from when until when, and whether two ever did at once. */

export interface Reign {
  readonly pod: string
  readonly fencingToken: bigint
  /** Milliseconds since 1970. */
  readonly from: number
  /** undefined while it leads. */
  until: number | undefined
  /** When the process last heard that its renewal had succeeded: a paused one may believe in it for the deadline. */
  renewedAt: number
}

export class Timeline {
  readonly reigns: Reign[] = []
  /** What went wrong otherwise. */
  readonly mishaps: string[] = []

  begin(pod: string, fencingToken: bigint, at: number): Reign {
    const reign: Reign = { pod, fencingToken, from: at, until: undefined, renewedAt: at }
    this.reigns.push(reign)
    return reign
  }

  renew(pod: string, at: number): void {
    const reign = this.current(pod)
    if (reign) reign.renewedAt = at
  }

  /** The earliest of several reports counts: a leader that was killed or paused has ended before it can tell. */
  end(pod: string, at: number): void {
    const reign = this.current(pod)
    if (reign) reign.until = at
  }

  /** The earlier of `at` and its deadline: asleep it can't tell, but it could believe until then. */
  endAsleep(pod: string, at: number, renewDeadline: number): void {
    const reign = this.current(pod)
    if (reign) reign.until = Math.min(at, reign.renewedAt + renewDeadline)
  }

  current(pod: string): Reign | undefined {
    return this.reigns.findLast((reign) => reign.pod === pod && reign.until === undefined)
  }

  get leaders(): Reign[] {
    return this.reigns.filter(({ until }) => until === undefined)
  }

  /** Since when nobody leads, as far as is known; undefined while somebody does, or nobody ever has. */
  get vacantSince(): number | undefined {
    return this.leaders.length > 0 || this.reigns.length === 0
      ? undefined
      : Math.max(...this.reigns.map(({ until }) => until!))
  }

  /** What went wrong. */
  get faults(): string[] {
    return [...this.overlaps, ...this.mishaps]
  }

  /** Pairs that led at the same time, or whose fencing tokens do not increase. */
  get overlaps(): string[] {
    return this.reigns.slice(1).flatMap((reign, index) => {
      const before = this.reigns[index]!
      const overlap = (before.until ?? Number.POSITIVE_INFINITY) - reign.from
      return [
        ...(overlap > 0 ? [`${before.pod} and ${reign.pod} both led for ${overlap.toFixed(1)} ms`] : []),
        ...(reign.fencingToken > before.fencingToken
          ? []
          : [`the fencing token of ${reign.pod} (${reign.fencingToken}) is not above that of ${before.pod}`]),
      ]
    })
  }
}
