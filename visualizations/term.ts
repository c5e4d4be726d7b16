/**
 * The timeline of a term, to scale, from the defaults: a leader that can't renew any more, and the one that follows it.
 * Who leads counts from its sending, who waits counts from its receiving: so the one is over before the other begins.
 */
import { DEFAULT_RETRY_BACKOFFS, timing, toleratedClockRateError } from '../src/options/timing.ts'
import { Timeline } from './timeline.ts'

/** Seconds on the way to the server, and as many back. Drawn longer than they are. */
const WAY = 1.2
/** Where the lanes are. */
const LEADER = { valid: 62, renewed: 90, line: 158 }
const LEASE = { top: 204, bottom: 228 }
const CHALLENGER = { top: 286, bottom: 310 }
const WRITES = { top: 362, bottom: 386 }
const MARGIN = 412
/** Between the lanes, where a line may go down. */
const FREE = [
  [LEADER.renewed, LEASE.top],
  [LEASE.bottom, CHALLENGER.top],
  [CHALLENGER.bottom, WRITES.top],
  [WRITES.bottom, MARGIN],
] as const
const HEIGHT = 458

/** @throws Error if it would be illegible. */
export function drawTerm(): string {
  const { interval, renewDeadline, leaseDuration, requestTimeout } = timing({})
  const seconds = (milliseconds: number) => milliseconds / 1000
  const [renewal, valid, lease] = [seconds(interval), seconds(renewDeadline), seconds(leaseDuration)]
  const deadline = renewal + valid
  const received = renewal + 2 * WAY
  const expiry = received + lease
  const error = `${Math.round(toleratedClockRateError(leaseDuration, renewDeadline) * 100)} %`
  const retries = attempts(2 * renewal, deadline, seconds(requestTimeout))

  const timeline = new Timeline({ width: 880, height: HEIGHT, left: 116, right: 16, end: expiry + 20 })
  timeline.axis(10, HEIGHT - 34)

  timeline.lane('leader A', LEADER.valid + 20)
  timeline.bar(0, valid, LEADER.valid, 'state leading', `its claim: valid for ${valid} s from its sending`)
  timeline.bar(renewal, deadline, LEADER.renewed, 'state leading', `its renewal: anew, ${valid} s from its sending`)
  timeline.text(deadline, LEADER.renewed + 10, 'deadline: its term is over,', 'failure', 'start')
  timeline.text(deadline, LEADER.renewed + 25, 'whatever is answered', 'failure', 'start')
  timeline.line([0, LEADER.line], [deadline, LEADER.line])
  timeline.text(0, LEADER.line - 8, 'claims', 'event', 'start')
  timeline.text(renewal, LEADER.line - 8, 'renews', 'event', 'start')
  timeline.text(2 * renewal, LEADER.line - 8, 'no answer: retries', 'failure', 'end')
  for (const sent of [0, renewal]) {
    timeline.dot(sent, LEADER.line)
    timeline.arrow([sent, LEADER.line], [sent + WAY, LEASE.top])
    timeline.arrow([sent + WAY, LEASE.top], [sent + 2 * WAY, LEADER.line])
    timeline.arrow([sent + WAY, LEASE.bottom], [sent + 2 * WAY, CHALLENGER.top])
  }
  for (const sent of retries) {
    timeline.dot(sent, LEADER.line, 'failure')
    timeline.lost([sent, LEADER.line], [sent + WAY / 2, (LEADER.line + LEASE.top) / 2])
  }

  timeline.lane('the Lease', LEASE.top)
  timeline.bar(WAY, renewal + WAY, LEASE.top, 'state', 'held by A')
  timeline.bar(renewal + WAY, expiry + WAY, LEASE.top, 'state', `held by A, renewed; leaseDurationSeconds: ${lease}`)
  timeline.bar(expiry + WAY, timeline.end, LEASE.top, 'state', 'held by B')

  timeline.lane('challenger B', CHALLENGER.top)
  timeline.bar(2 * WAY, received, CHALLENGER.top, 'frame', `has received it: waits ${lease} s`)
  timeline.bar(received, expiry, CHALLENGER.top, 'frame', `has received a change: waits ${lease} s, anew, from then on`)
  timeline.text(expiry, CHALLENGER.bottom + 16, 'expired for B: claims', 'event', 'end')
  const claimed = [expiry + WAY, LEASE.bottom] as const
  const answered = [expiry + 2 * WAY, CHALLENGER.top + 12] as const
  timeline.dot(expiry, CHALLENGER.top + 12)
  timeline.arrow([expiry, CHALLENGER.top + 12], claimed)
  timeline.arrow(claimed, answered)
  timeline.upright(answered[0], answered[1], WRITES.top)

  timeline.lane('who may write', WRITES.top)
  timeline.bar(2 * WAY, deadline, WRITES.top, 'state leading', 'A, with its fencing token')
  timeline.bar(deadline, expiry + 2 * WAY, WRITES.top, 'outside', 'nobody')
  timeline.bar(expiry + 2 * WAY, timeline.end, WRITES.top, 'state leading', 'B, greater token')
  for (const [top, bottom] of FREE) timeline.upright(deadline, top, bottom, 'failure')
  timeline.span(deadline, deadline + lease - valid, MARGIN)
  timeline.text(
    deadline,
    MARGIN + 4,
    `at least ${lease - valid} s: so the clocks' rates may err by up to ${error}`,
    'guard',
    'end',
  )
  timeline.text(0, HEIGHT - 14, 'Requests, answers and news take less time than it is drawn here.', 'note', 'start')
  return timeline.toSvg({
    title: 'A term, from the sending of its claim to the next leader',
    description:
      `With the defaults: a leader renews every ${renewal} s and believes in each renewal for ${valid} s from its ` +
      `sending. A challenger waits for ${lease} s from when it has received the last change. The ${lease - valid} s ` +
      `between them tolerate clocks whose rates err by up to ${error}.`,
  })
}

/** When requests are sent, by the first retry back-offs, each as soon as the one before it has timed out. */
function attempts(first: number, deadline: number, timeout: number): number[] {
  const sent = [first]
  for (const backoff of DEFAULT_RETRY_BACKOFFS) sent.push(sent.at(-1)! + timeout + backoff / 1000)
  return sent.filter((each) => each < deadline)
}
