/** Mistakes in when requests are sent, how many, how long they are waited for, and which failures are final. */
import type { Mutation } from '../mutations.ts'

export const TRAFFIC: readonly Mutation[] = [
  {
    name: 'timeouts do not follow what was measured',
    scenario: 'a slow server',
    edits: [
      [
        'lease/attempt.ts',
        'return Math.min(most, Math.max(least, 2 * smoothed, smoothed + 4 * variation) * 2 ** givenUp)',
        'return Math.min(most, least + 0 * smoothed * variation * givenUp)',
      ],
      ['lease/attempt.ts', 'return Math.min(left, Math.max(patience, left / 2))', 'return Math.min(left, patience)'],
    ],
  },
  {
    name: 'an attempt that keeps a term is not given half of what the deadline leaves',
    scenario: 'a slow server',
    edits: [
      ['lease/attempt.ts', 'return Math.min(left, Math.max(patience, left / 2))', 'return Math.min(left, patience)'],
    ],
  },
  {
    name: 'a refusal is final at once',
    edits: [
      [
        'statechart/context.ts',
        'if (isRefusal(error)) return startIsOver && !isEstablished',
        'if (isRefusal(error)) return true',
      ],
    ],
  },
  {
    name: 'a refusal is final for who stood before, too',
    edits: [
      [
        'statechart/context.ts',
        'if (isRefusal(error)) return startIsOver && !isEstablished',
        'if (isRefusal(error)) return startIsOver',
      ],
    ],
  },
  {
    name: 'who may not give the Lease an owner ends',
    edits: [['statechart/context.ts', '  if (canDoWithoutOwner(context, error)) return false\n', '']],
  },
  {
    name: 'who may not give the Lease an owner claims without one at once',
    edits: [
      [
        'statechart/acquiring.ts',
        "target: '#election.observing.assessing',\n              actions: ['noteOwnerRefused', 'settleClaim', 'announceOwnerRefused'],",
        "target: 'claiming', reenter: true,\n              actions: ['noteOwnerRefused', 'announceOwnerRefused'],",
      ],
    ],
  },
  {
    name: 'a release takes the owners away',
    scenario: 'a release',
    edits: [
      [
        'lease/writes.ts',
        '      annotations: { [INCARNATION_ANNOTATION]: null,',
        '      ownerReferences: null,\n      annotations: { [INCARNATION_ANNOTATION]: null,',
      ],
    ],
  },
  {
    name: 'retries exhausted end the election unasked',
    edits: [['statechart/guards.ts', 'context.settings.endAfterRetries && context.failures', 'context.failures']],
  },
  {
    name: 'who was suspended during a claim begins a term with it',
    scenario: 'a suspend during a claim',
    edits: [
      [
        'statechart/guards.ts',
        "return validityOf({ sentAt, renewDeadline: context.settings.renewDeadline }, receivedAt) !== 'valid'",
        "return validityOf({ sentAt, renewDeadline: context.settings.renewDeadline }, receivedAt) === 'over'",
      ],
    ],
  },
  {
    name: 'waits after failures have no jitter',
    scenario: 'an outage under many',
    edits: [
      [
        'statechart/actions/failures.ts',
        'retryDelay({ backoff, retryAfter, isOfTerm }, context.settings, random())',
        'retryDelay({ backoff, retryAfter, isOfTerm }, context.settings, 0.5)',
      ],
    ],
  },
  {
    name: 'a leader waits as long after a failure as a follower does',
    scenario: 'an outage that ends before the deadline',
    edits: [['lease/retries.ts', 'Math.max(LEAST, margin * SHARE.backoff)', 'margin']],
  },
  {
    name: 'a leader waits as long as the server asks it to',
    scenario: 'a server that asks a leader to wait',
    edits: [['lease/retries.ts', ', margin * SHARE.retryAfter)', ')']],
  },
  {
    name: 'every candidate claims a free Lease at once',
    scenario: 'hand-overs among many',
    edits: [
      [
        'lease/contention.ts',
        'return window * Math.max(0, 1 + Math.log(1 - random) / Math.log(CANDIDATES))',
        'return 0 * window * random * CANDIDATES',
      ],
    ],
  },
  {
    name: 'candidates claim at moments that are equally likely',
    scenario: 'hand-overs among many',
    edits: [
      [
        'lease/contention.ts',
        'return window * Math.max(0, 1 + Math.log(1 - random) / Math.log(CANDIDATES))',
        'return window * random + 0 * CANDIDATES',
      ],
    ],
  },
  {
    name: 'the window for claims does not follow the time that requests take',
    scenario: 'hand-overs among many',
    edits: [
      ['lease/contention.ts', 'Math.min(WIDEST, ROUND_TRIPS * least)', 'Math.min(WIDEST, ROUND_TRIPS * 0 * least)'],
    ],
  },
  {
    name: 'a follower reads beside a watch that stands',
    edits: [['statechart/context.ts', 'if (context.watching) return', 'if (context.watching && random < 0) return']],
  },
  {
    name: 'a follower looks whenever its watch is opened again',
    scenario: 'a watch that ends again and again',
    edits: [
      [
        'statechart/observing.ts',
        "{ guard: 'lookIsOld', target: 'reading', actions: 'noteStream' },",
        "{ target: 'reading', actions: 'noteStream' },",
      ],
      ['kubernetes/election-services/watching.ts', 'average * 2 * random)', 'FIRST_REOPENING + 0 * average * random)'],
    ],
  },
  {
    name: 'a leader renews whenever its watch is opened again',
    scenario: 'a watch that ends again and again',
    edits: [
      [
        'statechart/leading.ts',
        "watchOpened: [{ guard: 'lookIsOld', actions: ['noteStream', 'verifyLease'] }, { actions: 'noteStream' }],",
        "watchOpened: { actions: ['noteStream', 'renewNow'] },",
      ],
    ],
  },
  {
    name: 'a watch that ends again and again is opened as often',
    scenario: 'a watch that ends again and again',
    edits: [['kubernetes/election-services/watching.ts', 'hasStood ? 0 : this.#failures + 1', 'hasStood ? 0 : 1']],
  },
  {
    name: 'a leader does not look when its watch is opened again',
    scenario: 'a Lease deleted while nobody watched',
    edits: [
      [
        'statechart/leading.ts',
        "watchOpened: [{ guard: 'lookIsOld', actions: ['noteStream', 'verifyLease'] }, { actions: 'noteStream' }],",
        "watchOpened: { actions: 'noteStream' },",
      ],
    ],
  },
  {
    name: 'clocks are compared once a term',
    scenario: 'the wall clock alone says that the term is over',
    edits: [
      ['kubernetes/election-services/clock-checks.ts', 'const CHECKS_PER_TERM = 10', 'const CHECKS_PER_TERM = 1'],
    ],
  },
  {
    name: 'a deposed leader goes on counting its failures',
    edits: [['statechart/deposed.ts', "entry: ['announceLoss', 'clearFailures'],", "entry: ['announceLoss'],"]],
  },
  {
    name: 'the next renewal counts from the answer to the last one',
    edits: [
      [
        'statechart/delays.ts',
        'timerDelay(context.tenure!.renewalDueAt - context.now)',
        'timerDelay(context.settings.interval)',
      ],
    ],
  },
  {
    name: 'the next renewal counts from the sending of the last one',
    scenario: 'terms of many elections',
    edits: [
      [
        'lease/renewal-schedule.ts',
        'return dueAt + interval * (1 + Math.floor((sentAt + EARLY - dueAt) / interval))',
        'return sentAt + interval + 0 * dueAt * EARLY',
      ],
    ],
  },
  {
    name: 'the first renewal of a term comes an interval after its claim',
    scenario: 'terms of many elections',
    edits: [
      [
        'lease/renewal-schedule.ts',
        'Math.ceil((claimedAt + interval * (1 - random)) / moment) * moment',
        'claimedAt + interval',
      ],
    ],
  },
  {
    name: 'the first renewal of a term comes up to two intervals after its claim',
    edits: [['lease/renewal-schedule.ts', 'Math.min(claimedAt + interval, due)', 'due + interval * random']],
  },
  {
    name: 'a renewal that was sent because of a doubt takes the place of the one that is due',
    edits: [
      ['lease/renewal-schedule.ts', 'interval * (1 + Math.floor(', 'interval * (1 + Math.max(0, Math.floor('],
      ['lease/renewal-schedule.ts', '- dueAt) / interval))', '- dueAt) / interval)))'],
    ],
  },
  {
    name: 'a timer that fires early brings a second renewal',
    scenario: 'a timer that fires early',
    edits: [['lease/renewal-schedule.ts', 'const EARLY = 1\n', 'const EARLY = 0\n']],
  },
  {
    name: 'at the very deadline a term is still valid',
    scenario: 'the deadline is reached',
    edits: [
      [
        'lease/tenure.ts',
        "if (now.monotonic - sentAt.monotonic >= renewDeadline) return 'over'",
        "if (now.monotonic - sentAt.monotonic > renewDeadline) return 'over'",
      ],
    ],
  },
]
