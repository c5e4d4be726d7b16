/**
 * Situations in which a mistake shows that histories by seed can't show, or only by chance: by a number, at one moment, or
 * below the seam at which the simulation stands in. Each runs the sources, and says what it noticed.
 */
import { clocksDisagree, deadlineReached } from './scenarios/clocks.ts'
import { listenersLeft, nothingLeftOpen, sharedConnections } from './scenarios/connections.ts'
import { editedCopy, editsWhileUnclear, unclearChange, unclearCreation } from './scenarios/copies.ts'
import { handOver, outage, slowServer, standingWatch, tiresomeWatch, unwatchedDeletion } from './scenarios/crowds.ts'
import { brokenInspector, errorInside, stoppedFromOutside } from './scenarios/ends.ts'

import { forgedLine, unreadableLease } from './scenarios/hostile.ts'

import {
  electionsOfProcess,
  goneWithSharedOwner,
  processesOfPod,
  sharedOwner,
  waitingElectionsOfProcess,
} from './scenarios/identities.ts'

import { laterClaim, olderAnswer, olderNews, unrenewed, unseenRenewal } from './scenarios/news.ts'
import { queueOrder } from './scenarios/queue.ts'
import { earlyTimer, leaderAskedToWait, manyTerms, outageWithinDeadline } from './scenarios/renewals.ts'
import { longRetryAfter, release, suspendedClaim } from './scenarios/terms.ts'

/** Resolves with what must not be; undefined where all is well. */
export type Scenario = () => Promise<string | undefined>

export type ScenarioName = keyof typeof SCENARIOS

export const SCENARIOS = {
  'a slow server': slowServer,
  'hand-overs among many': handOver,
  'an outage under many': outage,
  'terms of many elections': manyTerms,
  'a timer that fires early': earlyTimer,
  'an outage that ends before the deadline': outageWithinDeadline,
  'a server that asks a leader to wait': leaderAskedToWait,
  'a watch that stands': standingWatch,
  'a watch that ends again and again': tiresomeWatch,
  'a Lease deleted while nobody watched': unwatchedDeletion,
  'the wall clock alone says that the term is over': clocksDisagree,
  'the deadline is reached': deadlineReached,
  'an answer older than the news': olderAnswer,
  'news older than an absence': olderNews,
  'a claim after another one’s': laterClaim,
  'a Lease gone after an unseen renewal': unseenRenewal,
  'nobody renews, and no watch stands': unrenewed,
  'a server that asks to wait for an hour': longRetryAfter,
  'a release': release,
  'a suspend during a claim': suspendedClaim,
  'an owner that pods share': sharedOwner,
  'a Lease gone that pods shared an owner of': goneWithSharedOwner,
  'two processes of a pod': processesOfPod,
  'two elections of a process': electionsOfProcess,
  'two elections of a process that wait': waitingElectionsOfProcess,
  'a queue of requests': queueOrder,
  'elections that share': sharedConnections,
  'an election ends beside others': nothingLeftOpen,
  'requests with one signal': listenersLeft,
  'a change that is unclear, and a copy': unclearChange,
  'a creation that is unclear, and a copy': unclearCreation,
  'a copy whose Lease was edited': editedCopy,
  'edits while a write is unclear': editsWhileUnclear,
  'an inspector throws': brokenInspector,
  'an actor is stopped from outside': stoppedFromOutside,
  'an error inside': errorInside,
  'a forged line of the log': forgedLine,
  'a Lease that is too long to be read': unreadableLease,
} as const satisfies Record<string, Scenario>
