/** What a picture shows, before it has places: boxes in boxes, and arrows with their labels. */
import type { Line } from './text.ts'

/** What a colour means: who leads, a term that is over, an end with an error. */
export type Tone = 'plain' | 'leading' | 'over' | 'failure'

export interface Box {
  readonly id: string
  /**
   * `frame` and `region` have other boxes in them, and so has `group`, which isn't drawn itself. `outside` is a state that
   * has a picture of its own, `anywhere` stands for whichever substate is active, `start` is the dot before the first one.
   */
  readonly kind: 'frame' | 'region' | 'group' | 'state' | 'outside' | 'anywhere' | 'start'
  readonly tone: Tone
  readonly isFinal: boolean
  /** The id of the state that it is, and that its link leads to. */
  readonly state?: string
  /** Above the title: what it is a part of. */
  readonly within?: string
  readonly title: string
  readonly lines: readonly Line[]
  /** Below them, each under a heading: what happens in it without leaving it. */
  readonly lists: readonly (readonly Line[])[]
  readonly boxes: readonly Box[]
}

export interface Arrow {
  readonly from: string
  readonly to: string
  readonly tone: Tone
  readonly label: readonly Line[]
}

export interface Graph {
  readonly boxes: readonly Box[]
  readonly arrows: readonly Arrow[]
}

export function allBoxes(boxes: readonly Box[]): Box[] {
  return boxes.flatMap((box) => [box, ...allBoxes(box.boxes)])
}
