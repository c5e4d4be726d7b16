/**
 * Deliberate mistakes, each a change of the sources that ship: what other implementations do, or what one of us could do
 * tomorrow. The simulation has to notice every one of them.
 */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

export interface Mutation {
  /** What the mistake is. */
  readonly name: string
  readonly edits: readonly Edit[]
}

interface Edit {
  /** In `src/`. */
  readonly file: string
  /** Occurs there once. */
  readonly from: string
  readonly to: string
}

export const MUTATIONS: readonly Mutation[] = [
  mutation(
    'the validity of a new term counts from the answer',
    'election.setup.ts',
    `            sentAt,\n`,
    `            sentAt: receivedAt,\n`,
  ),
  mutation(
    'the validity of a renewed term counts from the answer',
    'election.setup.ts',
    '...context.tenure!, sentAt }',
    '...context.tenure!, sentAt: receivedAt }',
  ),
  mutation(
    'isLeading goes by the state alone',
    'election.ts',
    'return validityOf(snapshot.context.tenure!, now)',
    "return 'valid' as ReturnType<typeof validityOf>",
  ),
  mutation(
    'the monotonic clock alone says whether the term goes on',
    'tenure.ts',
    "return now.wall - tenure.sentAt.wall >= tenure.renewDeadline ? 'inDoubt' : 'valid'",
    "return 'valid'",
  ),
  mutation(
    'the wall clock alone says whether the term goes on',
    'tenure.ts',
    'now.monotonic - tenure.sentAt.monotonic >= tenure.renewDeadline',
    'now.wall - tenure.sentAt.wall >= tenure.renewDeadline',
  ),
  mutation(
    'the leader believes for as long as the lease lasts',
    'election.setup.ts',
    '            renewDeadline: context.settings.renewDeadline,',
    '            renewDeadline: context.settings.leaseDuration,',
    'election.setup.ts',
    'timerDelay(context.settings.renewDeadline - sinceSending(context))',
    'timerDelay(context.settings.leaseDuration - sinceSending(context))',
  ),
  mutation(
    'writes carry no resourceVersion',
    'lease.ts',
    '  return { uid, resourceVersion }\n',
    '  return { uid, resourceVersion: undefined as never }\n',
  ),
  mutation(
    'writes carry no uid',
    'lease.ts',
    '  return { uid, resourceVersion }\n',
    '  return { uid: undefined as never, resourceVersion }\n',
  ),
  mutation(
    "a challenger waits for its own duration instead of the record's",
    'lease.ts',
    'const duration = record.leaseDuration ?? settings.leaseDuration\n  const renewed',
    'const duration = settings.leaseDuration\n  const renewed',
  ),
  mutation(
    'a challenger waits for the renew deadline only',
    'lease.ts',
    'at.monotonic : at.monotonic + duration\n',
    'at.monotonic : at.monotonic + duration * 2 / 3\n',
  ),
  mutation(
    'the times in the record are trusted',
    'lease.ts',
    'settings.maxClockSkew === undefined ? Number.NaN : Date.parse(record.renewTime ??',
    'false ? Number.NaN : Date.parse(record.renewTime ??',
    'lease.ts',
    'settings.maxClockSkew!)',
    '0)',
  ),
  mutation(
    'a challenger goes by the wall clock',
    'lease.ts',
    'at.monotonic : at.monotonic + duration\n',
    'at.wall : at.wall + duration\n',
    'election.setup.ts',
    'now: at.monotonic }',
    'now: at.wall }',
  ),
  mutation(
    'an unchanged record starts the wait anew with every look',
    'lease.ts',
    "if (before.kind === 'present' && sameRecord(before.record, record)) return { ...before, record }",
    '',
  ),
  mutation(
    'whoever has the same name is oneself',
    'lease.ts',
    '  return (\n    record.incarnation === incarnation || (owner',
    '  return (\n    true || record.incarnation === incarnation || (owner',
  ),
  mutation(
    'reading one’s own name is taken for leadership',
    'election.actors.ts',
    '        record\n          ? api.patch',
    '        record && isOurs(record, settings) ? Promise.resolve(record) : record\n          ? api.patch',
    'election.actors.ts',
    'import { isToken,',
    'import { isOurs, isToken,',
  ),
  mutation(
    'a renewal of an absent Lease creates it',
    'election.actors.ts',
    'write(() => api.patch(refOf(settings), renewalOf(record, settings, clock.now()), callOptions(settings, signal))),',
    'write(() => api.patch(refOf(settings), renewalOf(record, settings, clock.now()), callOptions(settings, signal)).catch((error) => { if (error.status !== 404) throw error; return api.create(refOf(settings), newLease(settings, clock.now()), callOptions(settings, signal)) })),',
  ),
  mutation(
    'a renewal that meets a conflict counts as done',
    'election.actors.ts',
    'write(() => api.patch(refOf(settings), renewalOf(record, settings, clock.now()), callOptions(settings, signal))),',
    'write(() => api.patch(refOf(settings), renewalOf(record, settings, clock.now()), callOptions(settings, signal)).catch((error) => { if (error.status !== 409) throw error; return record })),',
  ),
  mutation(
    'an absent Lease is free at once, though it was seen to be held',
    'lease.ts',
    "if (settings.term === 'life' || before.kind === 'unread')",
    "if (settings.term === 'life' || before.kind !== 'absent')",
  ),
  mutation(
    'an absent Lease is free when what was seen of it would have expired',
    'lease.ts',
    'return at.monotonic + duration\n  // Our own',
    'return before.claimableAt\n  // Our own',
  ),
  mutation(
    'a deposed leader creates its Lease anew at once',
    'lease.ts',
    'return settings.owner === undefined ? Number.NEGATIVE_INFINITY : at.monotonic + 2 * duration',
    'return Number.NEGATIVE_INFINITY',
  ),
  mutation(
    'the reference to a dead owner stays on the Lease',
    'lease.ts',
    '...preconditions(record), ownerReferences: null, ...ownMetadata(settings) },',
    '...preconditions(record), ...ownMetadata({ ...settings, owner: undefined }) },',
  ),
  mutation(
    'the Lease is released before the work has stopped',
    'election.setup.ts',
    '      isAtWork: ({ context }) => context.atWork,',
    '      isAtWork: () => false,',
  ),
  mutation(
    'work that does not stop in time is left behind, and the Lease released',
    'election.machine.ts',
    "after: { drainTimeout: { target: '#election.deposed', actions: 'loseByWork' } },",
    "after: { drainTimeout: 'yielding' },",
  ),
  mutation(
    'a deposed leader stands again while its work still runs',
    'election.machine.ts',
    "{ guard: 'isAtWork', target: 'settling' },",
    '',
  ),
  mutation(
    'what another one holds is released',
    'election.machine.ts',
    "judging: { always: [{ guard: 'holdsOwnWrite', target: 'handingBack' }, { target: 'handedBack' }] },",
    "judging: { always: [{ guard: 'leaseIsAbsent', target: 'handedBack' }, { target: 'handingBack' }] },",
  ),
  mutation(
    'a claim with an unclear fate is sent again without a look',
    'election.machine.ts',
    "...backoffStates(retryBackoffs, '#election.observing.reading'),\n            on:",
    "...backoffStates(retryBackoffs, '#election.acquiring.claiming'),\n            on:",
  ),
  mutation(
    'a renewal with an unclear fate is sent again without a look',
    'election.machine.ts',
    "backoff: backoffStates(retryBackoffs, '#election.leading.renewal.verifying'),",
    "backoff: backoffStates(retryBackoffs, '#election.leading.renewal.renewing'),",
  ),
  mutation(
    'a renewal with an unclear fate is followed by the release',
    'election.machine.ts',
    "{ guard: 'renewalSucceeded', target: '#election.releasing' },",
    "{ guard: 'renewalIsSettled', target: '#election.releasing' },",
  ),
  mutation(
    'one failed renewal ends the term',
    'election.machine.ts',
    "{ guard: 'errorIsFirstConflict', target: 'verifying', actions: 'noteConflict' },",
    "{ target: '#election.deposed', actions: 'loseByDeadline' },",
  ),
  mutation(
    'old news is believed',
    'election.context.ts',
    'return known === undefined || isLater(record, known)',
    'return true',
  ),
  mutation(
    'what the watch tells during a request or a retry is forgotten',
    'election.machine.ts',
    '      ...keepInView,\n',
    '',
    'election.machine.ts',
    "    { guard: 'changeIsLater', actions: ['noteNews', 'observeChange', 'announceHolder'] },\n",
    '',
  ),
  mutation(
    'a leader that hears of another one leads on',
    'election.machine.ts',
    "{ target: '#election.deposed', actions: 'loseToHolder' },\n                ],",
    "'holding',\n                ],",
  ),
  mutation(
    'the fencing token is the number of transitions',
    'election.setup.ts',
    'fencingToken: record.resourceVersion,',
    'fencingToken: String(record.transitions + 1),',
  ),
  mutation(
    'the fencing token is the version that was read before the claim',
    'election.setup.ts',
    'fencingToken: record.resourceVersion,',
    "fencingToken: observed(context)?.resourceVersion ?? '1',",
  ),
  mutation(
    'a server may make a candidate wait for as long as it likes',
    'election.context.ts',
    'Math.min(retryAfter, settings.leaseDuration)',
    'retryAfter',
  ),
  mutation(
    'failed requests are repeated at once',
    'election.context.ts',
    'return timerDelay(Math.max(backoff, Math.min(retryAfter, settings.leaseDuration)))',
    'return timerDelay(0 * backoff * retryAfter * settings.interval)',
  ),
  mutation(
    'followers wait for the watch alone',
    'election.machine.ts',
    "              leaseExpiry: { target: 'contending', actions: 'expireLease' },\n              pollInterval: 'reading',\n",
    '',
  ),
  mutation(
    'a renewal does not change the Lease where the clock stands still',
    'lease.ts',
    "return time === renewTime ? time.replace('000Z', '001Z') : time",
    "return time > (renewTime ?? '') ? time : renewTime!",
  ),
  mutation(
    'a request has no timeout',
    'election.actors.ts',
    'return { timeout: requestTimeout, signal }',
    'return { timeout: requestTimeout * 1e6, signal }',
  ),
]

/** @param edits `from` and `to` in `file`; further ones follow in threes. */
function mutation(name: string, file: string, from: string, to: string, ...more: readonly string[]): Mutation {
  const edits = [{ file, from, to }]
  for (let index = 0; index < more.length; index += 3) {
    edits.push({ file: more[index]!, from: more[index + 1]!, to: more[index + 2]! })
  }
  return { name, edits }
}

const SOURCES = new URL('../../src/', import.meta.url)

/** Lets this thread import the sources with the mutation in them. To be called before they are imported. */
export function mutateSources(name: string): void {
  const mutated = new Map<string, string>()
  for (const { file, from, to } of MUTATIONS.find((each) => each.name === name)!.edits) {
    const url = new URL(file, SOURCES).href
    const source = mutated.get(url) ?? readFileSync(fileURLToPath(url), 'utf8')
    const parts = source.split(from)
    if (parts.length !== 2) throw new Error(`mutation "${name}": ${file} has ${parts.length - 1} places with:\n${from}`)
    mutated.set(url, parts.join(to))
  }
  registerHooks({
    load(url, context, nextLoad) {
      const source = mutated.get(url)
      return source === undefined ? nextLoad(url, context) : { format: 'module-typescript', source, shortCircuit: true }
    },
  })
}
