/** Whether a pod lives, as far as one is allowed to look. */
import { type Cluster, podPath, saidBy } from '../cluster.ts'

export type PodState =
  | 'alive'
  /** Asked to end, and not gone yet. */
  | 'terminating'
  /** Its containers have ended for good; the pod itself is still there. */
  | 'ended'
  | 'gone'
  /** There is a pod of that name, but another one. */
  | 'replaced'
  | 'unknown'

export interface PodLook {
  readonly state: PodState
  /** Of the pod that is there. */
  readonly uid: string | undefined
  /** What the server says, where it does not tell. */
  readonly said: string | undefined
}

/** @throws Error where there is no answer. */
export async function lookAtPod(
  cluster: Cluster,
  namespace: string,
  { name, uid }: { readonly name: string; readonly uid: string },
): Promise<PodLook> {
  const answer = await cluster.request('GET', podPath(namespace, name))
  if (answer.status === 404) return { state: 'gone', uid: undefined, said: saidBy(answer) }
  if (answer.status !== 200) return { state: 'unknown', uid: undefined, said: saidBy(answer) }
  const { metadata, status } = (answer.body ?? {}) as Pod
  const found = { uid: metadata?.uid, said: undefined }
  if (metadata?.uid !== uid) return { state: 'replaced', ...found }
  if (metadata.deletionTimestamp) return { state: 'terminating', ...found }
  return { state: ['Succeeded', 'Failed'].includes(status?.phase ?? '') ? 'ended' : 'alive', ...found }
}

interface Pod {
  readonly metadata?: { readonly uid?: string; readonly deletionTimestamp?: string }
  readonly status?: { readonly phase?: string }
}

export function describePod({ state, uid, said }: PodLook): string {
  switch (state) {
    case 'alive':
      return 'lives'
    case 'terminating':
      return 'is terminating'
    case 'ended':
      return 'has ended, and its object is still there'
    case 'gone':
      return 'is gone: the garbage collector removes the Lease, unless others own it as well'
    case 'replaced':
      return `is gone: the pod of its name is another one (uid ${uid}); the garbage collector removes the Lease, unless others own it as well`
    case 'unknown':
      return `is not told (${said})`
  }
}
