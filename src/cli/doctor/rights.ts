/** Whether whoever asks may do what an election does, verb by verb, and the Role that is missing. */

import type { Settings } from '../../options/types.ts'
import { saidBy } from '../cluster.ts'
import { type Finding, ok, type Patient, skipped, warning } from './finding.ts'
import { isNamed, roleFor, rule, type Verb } from './role.ts'

interface Need {
  readonly verb: Verb
  /** What it is for. */
  readonly isFor: string
  /** What the lack of it is. */
  readonly lack: 'failure' | 'warning' | 'skipped'
  readonly without: string
}

function needsOf({ term, owner }: Settings): readonly Need[] {
  const fatal = { lack: 'failure', without: 'without it nobody can lead' } as const
  return [
    { verb: 'create', isFor: 'creates the Lease where there is none', ...fatal },
    { verb: 'get', isFor: 'reads it', ...fatal },
    { verb: 'patch', isFor: 'claims, renews and releases it', ...fatal },
    {
      verb: 'watch',
      isFor: 'hears of a change at once',
      lack: 'warning',
      without: 'without it candidates poll, and a released Lease is noticed later',
    },
    deletion(term, owner),
    {
      verb: 'list',
      isFor: '`status` without names lists all Leases',
      lack: 'skipped',
      without: 'no election needs it, only `status` without names',
    },
  ]
}

function deletion(term: Settings['term'], owner: Settings['owner']): Need {
  const isFor =
    term === 'life' ? 'a leader for life deletes the Lease when it stops' : 'deletes the Lease on release, if asked to'
  if (term === 'life') {
    return {
      verb: 'delete',
      isFor,
      lack: 'failure',
      without: 'without it a leader for life that stops leaves its Lease to expire',
    }
  }
  const without = 'only needed to delete the Lease on release'
  if (owner === undefined) return { verb: 'delete', isFor, lack: 'skipped', without }
  const enforcing = ', and by clusters that let only those who may delete a Lease give it an owner'
  return { verb: 'delete', isFor, lack: 'warning', without: `${without}${enforcing}` }
}

/** A finding for each verb, and one for all, with the Role. @param user as the server names who asks. */
export async function* checkRights(patient: Patient, user: string | undefined): AsyncGenerator<Finding, Lacking> {
  const needs = needsOf(patient.settings)
  const lacking: Need[] = []
  for (const need of needs) {
    const answer = await review(patient, need.verb)
    if (answer.isAllowed === undefined) {
      const mend = `Find out by: kubectl auth can-i ${need.verb} leases.coordination.k8s.io/${patient.settings.leaseName} -n ${patient.namespace}`
      yield warning(`may ${need.verb}`, `the server does not tell: ${answer.said}`, mend)
    } else if (answer.isAllowed) yield ok(`may ${need.verb}`, need.isFor)
    else {
      lacking.push(need)
      const says = `no: ${need.without}`
      if (need.lack === 'skipped') yield skipped(`may ${need.verb}`, says)
      else
        yield {
          check: `may ${need.verb}`,
          state: need.lack,
          says,
          mend: `The rule to add: ${rule(need.verb, patient)}`,
        }
    }
  }
  const missing = lacking.filter(({ lack }) => lack !== 'skipped')
  const verbs = missing.map(({ verb }) => verb)
  if (missing.length > 0) {
    const state = missing.some(({ lack }) => lack === 'failure') ? 'failure' : 'warning'
    const says = `${user ?? 'who asks'} lacks ${verbs.join(', ')}`
    const all = needs.flatMap(({ verb, lack }) => (lack === 'skipped' ? [] : [verb]))
    const mend = 'Add this Role and its binding (kubectl apply -f FILE); --json gives them as `manifest`:'
    yield { check: 'rights', state, says, mend, manifest: roleFor(patient, all, user) }
  }
  return verbs
}

/** The verbs that are missed. */
type Lacking = readonly Verb[]

async function review({ cluster, namespace, settings }: Patient, verb: Verb) {
  const answer = await cluster.request('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: {
      resourceAttributes: {
        group: 'coordination.k8s.io',
        resource: 'leases',
        namespace,
        verb,
        ...(isNamed(verb) && { name: settings.leaseName }),
      },
    },
  })
  const { status } = (answer.body ?? {}) as { readonly status?: { readonly allowed?: unknown } }
  const isAllowed = answer.status === 201 ? status?.allowed === true : undefined
  return { isAllowed, said: saidBy(answer) }
}
