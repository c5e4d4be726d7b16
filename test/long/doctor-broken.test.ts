/** `doctor` as a process: each broken set-up is named by a line, with its mend beneath it. */
import { expect, test } from 'vitest'
import { certificateFor } from '../../src/testing/http/certificates.ts'
import { startLeaseServer } from '../../src/testing/index.ts'
import { inside, outside, reconfigured, serve } from '../support/command-surroundings.ts'
import { type Broken, putLease, rights, toldWithMend, withRights } from '../support/doctor.ts'

/** A part of it is longer than any can be, so that no server of names is asked. */
const IMPOSSIBLE_NAME = `${'n'.repeat(64)}.test`
const MAY_SEE_NAMESPACES = `
kind: ClusterRole
metadata: { name: n }
rules: [{ apiGroups: [""], resources: [namespaces], verbs: [get] }]
---
kind: ClusterRoleBinding
metadata: { name: n }
roleRef: { kind: ClusterRole, name: n }
subjects: [{ kind: User, name: somebody }]
`
const IN_POD = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '1' }

const failures: readonly Broken[] = [
  {
    name: 'no pod, for life',
    isBroken: async () => ({ env: await outside(await serve()), args: ['--for-life'] }),
    line: /^FAIL environment +POD_NAME and POD_UID not set: a leader for life needs to know its pod/,
    mend: /- \{ name: POD_UID, valueFrom: \{ fieldRef: \{ fieldPath: metadata\.uid \} \} \}/,
  },
  {
    name: 'a pod without a mounted token',
    isBroken: async () => ({ env: { ...(await inside(undefined, 'web-1')), ...IN_POD } }),
    line: /^FAIL kubeconfig +no Kubernetes cluster found: .*no service account token is mounted/,
    mend: /automountServiceAccountToken: true/,
  },
  {
    name: 'no kubeconfig outside a pod',
    isBroken: async () => ({ env: await outside(undefined) }),
    line: /^FAIL kubeconfig +no Kubernetes cluster found/,
    mend: /--kubeconfig FILE/,
  },
  {
    name: 'a token file that is not there',
    isBroken: async () => {
      const server = await serve()
      const env = await reconfigured(server, await outside(server), ({ users }) => {
        users[0]!.user = { tokenFile: 'absent-token' }
      })
      return { env }
    },
    line: /^FAIL credentials +the tokenFile of the user .* can't be read: ENOENT.*absent-token/,
    mend: /Mend it in the kubeconfig/,
  },
  {
    name: 'an expired token',
    isBroken: async () => {
      const server = await serve()
      const env = await outside(server)
      server.rotateToken('somebody')
      return { env }
    },
    line: /^FAIL credentials +the server does not know who asks: 401: Unauthorized/,
    mend: /The token is expired.*kubectl create token/s,
  },
  {
    name: 'a server that is not there',
    isBroken: async () => {
      const server = await startLeaseServer()
      await server.close()
      return { env: await outside(server) }
    },
    line: /^FAIL server +GET \/version: connect ECONNREFUSED/,
    mend: /Are host and port those of the API server/,
  },
  {
    name: 'a server whose name nobody knows',
    isBroken: async () => {
      const server = await serve()
      const env = await reconfigured(server, await outside(server), ({ clusters }) => {
        clusters[0]!.cluster.server = `https://${IMPOSSIBLE_NAME}:6443`
      })
      return { env }
    },
    line: /^FAIL server +GET \/version: getaddrinfo ENOTFOUND n+\.test/,
    mend: /Its name can't be resolved/,
  },
  {
    name: 'the authority of another cluster',
    isBroken: async () => {
      const server = await serve()
      const env = await reconfigured(server, await outside(server), ({ clusters }) => {
        clusters[0]!.cluster['certificate-authority-data'] = certificateFor('another.test').authorityData
      })
      return { env }
    },
    line: /^FAIL server +GET \/version: .*certificate/,
    mend: /kubectl config set-cluster NAME --certificate-authority=ca\.crt/,
  },
  {
    name: 'a certificate for other names',
    isBroken: async () => {
      const server = await serve()
      const env = await reconfigured(server, await outside(server), ({ clusters }) => {
        clusters[0]!.cluster['tls-server-name'] = 'another.test'
      })
      return { env }
    },
    line: /^FAIL server +GET \/version: .*another\.test/,
    mend: /Its certificate is for other names.*tls-server-name/,
  },
  {
    name: 'a namespace that does not exist',
    isBroken: async () => {
      const server = await serve()
      server.rbac.apply(MAY_SEE_NAMESPACES)
      return { env: await outside(server), args: ['-n', 'nowhere'] }
    },
    line: /^FAIL namespace +there is no namespace nowhere/,
    mend: /kubectl create namespace nowhere/,
  },
  {
    name: 'a namespace that does not exist, where one may not look at namespaces',
    isBroken: async () => {
      const server = await serve()
      server.rbac.apply(rights('"*"', 'somebody').replaceAll('name: r }', 'name: r, namespace: nowhere }'))
      return { env: await outside(server), args: ['-n', 'nowhere'] }
    },
    line: /^FAIL namespace +there is no namespace nowhere/,
    mend: /kubectl create namespace nowhere/,
  },
  {
    name: 'no right to create',
    isBroken: () => withRights('get, patch, watch, delete'),
    line: /^FAIL may create +no: without it nobody can lead/,
    mend: /The rule to add: \{ apiGroups: \[coordination\.k8s\.io\], resources: \[leases\], verbs: \[create\] \}/,
  },
  {
    name: 'no right to patch',
    isBroken: () => withRights('get, create, watch, delete'),
    line: /^FAIL may patch +no: without it nobody can lead/,
    mend: /resources: \[leases\], resourceNames: \[my-app\], verbs: \[patch\] \}/,
  },
  {
    name: 'no right to delete, for life',
    isBroken: () => withRights('get, create, patch, watch'),
    line: /^FAIL may delete +no: without it a leader for life that stops leaves its Lease to expire/,
    mend: /resourceNames: \[my-app\], verbs: \[delete\] \}/,
  },
  {
    name: 'owners only by those who may delete, for life',
    isBroken: async () => {
      const server = await serve({ enableAdmissionPlugins: ['OwnerReferencesPermissionEnforcement'] })
      server.rbac.apply(rights('get, create, patch, watch'))
      return { env: await inside(server, 'web-1'), args: ['--for-life'] }
    },
    line: /^FAIL admission +this cluster lets only those who may delete a Lease give it an owner/,
    mend: /verbs: \[delete\] \}/,
  },
  {
    name: "another pod's uid",
    isBroken: async () => {
      const server = await serve()
      return { env: { ...(await inside(server, 'web-1')), POD_UID: 'another' } }
    },
    line: /^FAIL owner +the pod web-1 has the uid \S+, not another: a Lease with this owner is collected at once/,
    mend: /fieldPath: metadata\.uid/,
  },
  {
    name: 'a pod of another namespace',
    isBroken: async () => {
      const server = await serve()
      server.createNamespace('elsewhere')
      return { env: await inside(server, 'web-1'), args: ['-n', 'elsewhere'] }
    },
    line: /^FAIL owner +there is no pod web-1 in the namespace elsewhere/,
    mend: /stand in the pod's own \(POD_NAMESPACE, --namespace\)/,
  },
  {
    name: "another system's Lease",
    isBroken: async () => {
      const server = await serve()
      putLease(server, { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'operator', uid: 'u' }] })
      return { env: await outside(server) }
    },
    line: /^FAIL lease +default\/my-app belongs to another system: its owner is Deployment operator/,
    mend: /--adopt/,
  },
  {
    name: "a Lease of Kubernetes' coordinated election",
    isBroken: async () => {
      const server = await serve()
      putLease(server, {}, { strategy: 'OldestEmulationVersion' })
      return { env: await outside(server), args: ['--adopt'] }
    },
    line: /^FAIL lease +default\/my-app is of Kubernetes' coordinated leader election/,
    mend: /Choose another name/,
  },
  {
    name: 'a clock beyond the skew that is to be tolerated',
    isBroken: async () => {
      const server = await serve()
      server.faults.add({ resource: 'leases', clockOffset: 60_000 })
      return { env: await outside(server), args: ['--max-clock-skew', '5s'] }
    },
    line: /^FAIL clock +this machine's is at least (59|60)(\.\d)? s behind that of the server; --max-clock-skew is 5 s/,
    mend: /Let NTP set the clocks/,
  },
  {
    name: 'a server that is too slow for the timing',
    isBroken: async () => {
      const server = await serve()
      server.faults.add({ resource: 'leases', verb: 'get', delay: 150 })
      return {
        env: await outside(server),
        args: ['--interval', '50ms', '--lease-duration', '1s', '--renew-deadline', '150ms'],
      }
    },
    line: /^FAIL latency +a read takes \d+ ms .*a renewal has 100 ms from its sending to the end of the term/,
    mend: /--renew-deadline/,
  },
  {
    name: 'durations that can not be',
    isBroken: async () => ({
      env: { ...(await outside(await serve())), LEADER_ELECTION_RENEW_DEADLINE: '2m' },
    }),
    line: /^FAIL timing +LEADER_ELECTION_RENEW_DEADLINE is "2m"; expected less than --lease-duration \(60000\)/,
    mend: /interval \+ request timeout < renew deadline < lease duration/,
  },
]

test.each(failures)('$name: told by a line of its own, with its mend, and by the exit code', async (broken) => {
  const { code, text } = await toldWithMend(broken)
  expect(text).toContain('something keeps an election from working here')
  expect(code).toBe(1)
})
