/** A failing history in words. */
import type { HistoryResult } from './history.ts'

export function explain({ plan, violations, trace }: HistoryResult): string {
  const candidates = plan.candidates.map(
    ({ name, leaseDuration, renewDeadline, interval, requestTimeout, rate, hasOwner }) =>
      `  ${name}: lease ${leaseDuration} ms, deadline ${renewDeadline} ms, renewal every ${interval} ms, ` +
      `requests at most ${requestTimeout} ms, clocks at ${rate.toFixed(3)}${hasOwner ? ', its pod owns the Lease' : ''}`,
  )
  const peer = plan.hasPeer ? ', and a candidate of client-go' : ''
  return [
    `seed ${plan.seed}: ${violations[0]}`,
    `The history made smaller, ${plan.faults.length} faults; a term is ${plan.term}${peer}:`,
    ...candidates,
    ...withoutRepetition(trace),
  ].join('\n')
}

/** The longest sequence of lines that is looked for again right after itself. */
const LONGEST_SEQUENCE = 6

/** Quiet stretches told once: renewals, polls. */
function withoutRepetition(trace: readonly string[]): string[] {
  const gist = trace.map((line) => line.slice(12).replaceAll(/version \d+|renewed \S+/g, ''))
  const told: string[] = []
  for (let index = 0; index < trace.length; ) {
    const { length, times } = repetitionAt(index, gist)
    told.push(...trace.slice(index, index + length))
    if (times > 2) told.push(`            … and so on, ${times} times in all`)
    index += times > 2 ? length * times : length
  }
  return told
}

function repetitionAt(index: number, gist: readonly string[]): { length: number; times: number } {
  for (let length = 1; length <= LONGEST_SEQUENCE; length += 1) {
    let times = 1
    const isAgain = (offset: number) => gist[index + offset] === gist[index + times * length + offset]
    while (index + (times + 1) * length <= gist.length && Array.from({ length }, (_, each) => each).every(isAgain))
      times += 1
    if (times > 2) return { length, times }
  }
  return { length: 1, times: 1 }
}
