/** Mistakes in what the protocol guarantees, and in how a candidate goes on. */
import type { Mutation } from '../mutations.ts'

export const PROTOCOL: readonly Mutation[] = [
  {
    name: 'the validity of a new term counts from the answer',
    edits: [['statechart/actions/terms.ts', '            sentAt,\n', '            sentAt: write.receivedAt,\n']],
  },
  {
    name: 'the validity of a renewed term counts from the answer',
    edits: [
      [
        'statechart/actions/terms.ts',
        '{ ...tenure, sentAt, renewalDueAt }',
        '{ ...tenure, sentAt: write.receivedAt, renewalDueAt }',
      ],
    ],
  },
  {
    name: 'isLeading goes by the state alone',
    edits: [
      [
        'election-machine.ts',
        'return validityOf(snapshot.context.tenure!, now)',
        "return 'valid' as ReturnType<typeof validityOf>",
      ],
    ],
  },
  {
    name: 'the monotonic clock alone says whether the term goes on',
    edits: [
      [
        'lease/tenure.ts',
        "return elapsedSince(sentAt, now) >= renewDeadline ? 'inDoubt' : 'valid'",
        "return elapsedSince(sentAt, now) < 0 ? 'inDoubt' : 'valid'",
      ],
    ],
  },
  {
    name: 'the wall clock alone says whether the term goes on',
    edits: [
      [
        'lease/tenure.ts',
        "if (now.monotonic - sentAt.monotonic >= renewDeadline) return 'over'",
        "if (now.wall - sentAt.wall >= renewDeadline) return 'over'",
      ],
      ['lease/tenure.ts', 'Math.max(elapsed, now.wall', 'Math.max(now.wall'],
      ['lease/tenure.ts', ', elapsed + suspendedBetween(then, now))', ', 0 * (elapsed + suspendedBetween(then, now)))'],
    ],
  },
  {
    name: 'the wall clock is not asked whether the term goes on',
    edits: [['lease/tenure.ts', 'Math.max(elapsed, now.wall - then.wall,', 'Math.max(elapsed,']],
  },
  {
    name: 'the boot-time clock is not asked whether the term goes on',
    edits: [['lease/tenure.ts', 'elapsed + suspendedBetween(then, now)', 'elapsed + 0 * suspendedBetween(then, now)']],
  },
  {
    name: 'the leader believes for as long as the lease lasts',
    edits: [
      [
        'statechart/actions/terms.ts',
        '            renewDeadline,',
        '            renewDeadline: context.settings.leaseDuration,',
      ],
      [
        'statechart/delays.ts',
        'timerDelay(context.settings.renewDeadline - sinceSending(context))',
        'timerDelay(context.settings.leaseDuration - sinceSending(context))',
      ],
    ],
  },
  {
    name: 'writes carry no resourceVersion',
    edits: [
      [
        'lease/writes.ts',
        '  return { uid, resourceVersion }\n',
        '  return { uid, resourceVersion: undefined as never }\n',
      ],
    ],
  },
  {
    name: 'writes carry no uid',
    edits: [
      [
        'lease/writes.ts',
        '  return { uid, resourceVersion }\n',
        '  return { uid: undefined as never, resourceVersion }\n',
      ],
    ],
  },
  {
    name: "a challenger waits for its own duration instead of the record's",
    edits: [
      [
        'lease/observation.ts',
        'const duration = record.leaseDuration ?? settings.leaseDuration\n  const renewed',
        'const duration = settings.leaseDuration\n  const renewed',
      ],
    ],
  },
  {
    name: 'a challenger waits for the renew deadline only',
    edits: [
      [
        'lease/observation.ts',
        'at.monotonic : at.monotonic + duration\n',
        'at.monotonic : at.monotonic + duration * 2 / 3\n',
      ],
    ],
  },
  {
    name: 'the times in the record are trusted',
    edits: [
      [
        'lease/observation.ts',
        'settings.maxClockSkew === undefined ? Number.NaN : Date.parse(record.renewTime ??',
        'false ? Number.NaN : Date.parse(record.renewTime ??',
      ],
      ['lease/observation.ts', 'settings.maxClockSkew!)', '0)'],
    ],
  },
  {
    name: 'a challenger goes by the wall clock',
    edits: [
      ['lease/observation.ts', 'at.monotonic : at.monotonic + duration\n', 'at.wall : at.wall + duration\n'],
      ['statechart/context.ts', 'now: at.monotonic }', 'now: at.wall }'],
    ],
  },
  {
    name: 'an unchanged record starts the wait anew with every look',
    scenario: 'nobody renews, and no watch stands',
    edits: [
      [
        'lease/observation.ts',
        "if (before.kind === 'present' && sameRecord(before.record, record)) {",
        "if (before.kind === 'present' && settings.claimJitter < 0) {",
      ],
    ],
  },
  {
    name: 'whoever has the same name is oneself',
    edits: [
      [
        'lease/identity.ts',
        'if (record.incarnation === settings.incarnation) return !record.isStrange',
        "if (record.incarnation !== '') return true",
      ],
    ],
  },
  {
    name: 'reading one’s own name is taken for leadership',
    edits: [
      [
        'kubernetes/election-services.ts',
        'const { value, ...times } = record\n',
        'const { value, ...times } = record && isOurs(record, settings) ? { value: record, sentAt: clock.now(), receivedAt: clock.now() } : record\n',
      ],
      [
        'kubernetes/election-services.ts',
        'import { isToken, type LeaseRecord } from',
        "import { isOurs } from '../lease/identity.ts'\nimport { isToken, type LeaseRecord } from",
      ],
    ],
  },
  {
    name: 'a renewal of an absent Lease creates it',
    edits: [
      [
        'kubernetes/election-services.ts',
        'api.patch(refOf(settings), patch, options),',
        'api.patch(refOf(settings), patch, options).catch((error) => { if (error.status !== 404) throw error; return api.create(refOf(settings), newLease(settings, clock.now()), options) }),',
      ],
    ],
  },
  {
    name: 'a renewal that meets a conflict counts as done',
    edits: [
      [
        'kubernetes/election-services.ts',
        'api.patch(refOf(settings), patch, options),',
        'api.patch(refOf(settings), patch, options).catch((error) => { if (error.status !== 409) throw error; return record }),',
      ],
    ],
  },
  {
    name: 'an absent Lease is free at once, though it was seen to be held',
    edits: [
      [
        'lease/observation.ts',
        "if (before.kind === 'unread') return Number.NEGATIVE_INFINITY",
        "if (before.kind !== 'absent') return Number.NEGATIVE_INFINITY",
      ],
    ],
  },
  {
    name: 'an absent Lease is free when what was seen of it would have expired',
    scenario: 'a Lease gone after an unseen renewal',
    edits: [
      [
        'lease/observation.ts',
        'return at.monotonic + duration\n  // Our own',
        'return before.claimableAt\n  // Our own',
      ],
    ],
  },
  {
    name: 'a deposed leader creates its Lease anew at once',
    edits: [
      [
        'lease/observation.ts',
        'return settings.owner === undefined ? before.claimableAt : at.monotonic + 2 * duration',
        'return Number.NEGATIVE_INFINITY',
      ],
    ],
  },
  {
    name: 'the reference to a dead owner stays on the Lease',
    edits: [
      [
        'lease/writes.ts',
        '      ...noOwners,\n      ...ownersFor(settings, details),\n    },\n    spec',
        '    },\n    spec',
      ],
    ],
  },
  {
    name: 'the Lease is released before the work has stopped',
    edits: [
      ['statechart/guards.ts', '      isAtWork: ({ context }) => context.atWork,', '      isAtWork: () => false,'],
    ],
  },
  {
    name: 'who is asked by the Lease to step down releases it before the work has stopped',
    edits: [
      [
        'statechart/leading-duty.ts',
        "{ guard: 'isAskedToStepDownAtWork', target: 'draining', actions: 'requestStepDown' },",
        '',
      ],
    ],
  },
  {
    name: 'work that does not stop in time is left behind, and the Lease released',
    edits: [
      [
        'statechart/leading-duty.ts',
        "after: { drainTimeout: { target: '#election.deposed', actions: 'loseByWork' } },",
        "after: { drainTimeout: 'yielding' },",
      ],
    ],
  },
  {
    name: 'a deposed leader stands again while its work still runs',
    edits: [['statechart/deposed.ts', "{ guard: 'isAtWork', target: 'settling' },", '']],
  },
  {
    name: 'what another one holds is released',
    edits: [
      [
        'statechart/releasing.ts',
        "judging: { always: [{ guard: 'holdsOwnWrite', target: 'handingBack' }, { target: 'handedBack' }] },",
        "judging: { always: [{ guard: 'leaseIsAbsent', target: 'handedBack' }, { target: 'handingBack' }] },",
      ],
    ],
  },
  {
    name: 'a claim with an unclear fate is sent again without a look',
    edits: [
      [
        'statechart/acquiring.ts',
        "...backoffStates(retryBackoffs, '#election.observing.reading'),",
        "...backoffStates(retryBackoffs, '#election.acquiring.claiming'),",
      ],
    ],
  },
  {
    name: 'a renewal with an unclear fate is sent again without a look',
    edits: [
      [
        'statechart/leading-renewal.ts',
        "backoff: backoffStates(retryBackoffs, '#election.leading.renewal.verifying'),",
        "backoff: backoffStates(retryBackoffs, '#election.leading.renewal.renewing'),",
      ],
    ],
  },
  {
    name: 'a renewal with an unclear fate is followed by the release',
    edits: [
      [
        'statechart/leading-duty.ts',
        "{ guard: 'renewalSucceeded', target: '#election.releasing' },",
        "{ guard: 'renewalIsSettled', target: '#election.releasing' },",
      ],
    ],
  },
  {
    name: 'one failed renewal ends the term',
    edits: [
      [
        'statechart/leading-renewal.ts',
        "{ guard: 'errorIsFirstConflict', target: 'verifying', actions: 'noteConflict' },",
        "{ target: '#election.deposed', actions: 'loseByDeadline' },",
      ],
    ],
  },
  {
    name: 'old news is believed',
    edits: [['lease/observation.ts', '  return isLater(record, known)\n', '  return true\n']],
  },
  {
    name: 'an answer that is older than the news is believed',
    scenario: 'an answer older than the news',
    edits: [
      [
        'statechart/observing.ts',
        "{ guard: 'newsIsLaterThanReading', target: 'reading', reenter: true },",
        "{ guard: 'newsIsLaterThanReading', target: 'reading', reenter: true, actions: 'observeReading' },",
      ],
    ],
  },
  {
    name: 'news from before the Lease was seen gone is believed',
    scenario: 'news older than an absence',
    edits: [
      [
        'lease/observation.ts',
        "return observation.kind === 'absent' ? observation.last : undefined",
        'return undefined',
      ],
    ],
  },
  {
    name: 'a claim begins a term though another one was seen to hold the Lease while it was on its way',
    scenario: 'a claim after another one’s',
    edits: [
      [
        'statechart/acquiring.ts',
        "{ guard: 'claimIsPremature', target: '#election.observing.reading', actions: 'observeClaim' },",
        '',
      ],
    ],
  },
  {
    name: 'what the watch tells during a request or a retry is forgotten',
    edits: [
      ['statechart/machine.ts', '      ...keepInView,\n', ''],
      [
        'statechart/news.ts',
        "    { guard: 'changeIsLater', actions: ['noteNews', 'observeChange', 'announceHolder'] },\n",
        '',
      ],
    ],
  },
  {
    name: 'a leader that hears of another one leads on',
    edits: [
      ['statechart/leading-renewal.ts', "{ target: '#election.deposed', actions: 'loseToHolder' },", "'holding',"],
    ],
  },
  {
    name: 'the fencing token is the number of transitions',
    edits: [
      [
        'statechart/actions/terms.ts',
        'fencingToken: record.resourceVersion,',
        'fencingToken: String(record.transitions + 1),',
      ],
    ],
  },
  {
    name: 'the fencing token is the version that was read before the claim',
    edits: [
      [
        'statechart/actions/terms.ts',
        'fencingToken: record.resourceVersion,',
        "fencingToken: observed(context)?.resourceVersion ?? '1',",
      ],
    ],
  },
  {
    name: 'a server may make a candidate wait for as long as it likes',
    scenario: 'a server that asks to wait for an hour',
    edits: [['lease/retries.ts', 'Math.min(retryAfter, timing.leaseDuration, ', 'Math.min(retryAfter, ']],
  },
  {
    name: 'failed requests are repeated at once',
    edits: [
      [
        'lease/retries.ts',
        'return timerDelay(Math.max(ours * (0.5 + random), asked * (1 + random / 4)))',
        'return timerDelay(0 * ours * asked * random)',
      ],
    ],
  },
  {
    name: 'followers wait for the watch alone',
    edits: [
      [
        'statechart/observing.ts',
        "          leaseExpiry: { target: 'contending', actions: 'expireLease' },\n          pollInterval: 'reading',\n",
        '',
      ],
    ],
  },
  {
    name: 'a renewal does not change the Lease where the clock stands still',
    edits: [
      [
        'lease/writes.ts',
        "return time === renewTime ? time.replace('000Z', '001Z') : time",
        "return time > (renewTime ?? '') ? time : renewTime!",
      ],
    ],
  },
  {
    name: 'a request has no timeout',
    edits: [
      [
        'kubernetes/election-services/attempts.ts',
        'timeout: timeoutOf(attempt, sentAt.monotonic),',
        'timeout: 1e6 * timeoutOf(attempt, sentAt.monotonic),',
      ],
    ],
  },
]
