/** What a candidate does about news of the Lease, by what it is about. */

/** Whatever a candidate does: who was seen to hold the Lease must not be forgotten, should it be gone when next read. */
export const keepInView = {
  leaseChanged: { guard: 'changeIsLater', actions: ['observeChange', 'announceHolder'] },
  leaseDeleted: { guard: 'deletionIsOfObserved', actions: ['observeChange', 'announceHolder'] },
} as const

/** The answer that is under way may be older than the news, or newer: that is decided when it is there. */
export const newsDuringRequest = {
  leaseChanged: [
    { guard: 'changeIsLater', actions: ['noteNews', 'observeChange', 'announceHolder'] },
    { actions: 'noteNews' },
  ],
  leaseDeleted: [
    { guard: 'deletionIsOfObserved', actions: ['noteNews', 'observeChange', 'announceHolder'] },
    { actions: 'noteNews' },
  ],
} as const

/** What a follower does about news: judge it, unless it is old; where it can't be placed, ask. */
export const reassess = {
  leaseChanged: [
    { guard: 'changeIsLater', target: 'assessing', actions: ['observeChange', 'announceHolder'] },
    { guard: 'changeIsOlder' },
    { target: 'reading' },
  ],
  leaseDeleted: [
    { guard: 'deletionIsOfObserved', target: 'assessing', actions: ['observeChange', 'announceHolder'] },
    { target: 'reading' },
  ],
} as const
