/**
 * Asks a real API server: `npm run conformance -- --kubeconfig FILE [--context NAME]`.
 *
 * Works in a namespace of its own, which it deletes. Exits with 1 unless every case holds.
 */
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { KubeConfig } from '@kubernetes/client-node'
import { Leases } from './conformance.ts'
import { SUITE } from './suite.ts'
import { Target } from './target.ts'

const { values } = parseArgs({ options: { kubeconfig: { type: 'string' }, context: { type: 'string' } } })
if (!values.kubeconfig) {
  console.error('Which cluster? Usage: npm run conformance -- --kubeconfig FILE [--context NAME]')
  process.exit(2)
}
const kubeConfig = new KubeConfig()
kubeConfig.loadFromFile(values.kubeconfig)
if (values.context) kubeConfig.setCurrentContext(values.context)
const target = new Target(kubeConfig)
const namespace = `lease-conformance-${randomBytes(4).toString('hex')}`

const created = await target.send('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } })
if (created.status !== 201) {
  console.error(`could not create the namespace ${namespace}: ${created.status} ${JSON.stringify(created.body)}`)
  process.exit(2)
}
let failures = 0
try {
  for (const { fact, check } of SUITE) {
    try {
      await check(new Leases(target, namespace))
      console.log(`ok    ${fact}`)
    } catch (error) {
      failures += 1
      console.log(`FAIL  ${fact}\n      ${(error as Error).message.replaceAll('\n', '\n      ')}`)
    }
  }
} finally {
  await target.send('DELETE', `/api/v1/namespaces/${namespace}`)
}
console.log(`cases: ${SUITE.length}, failed: ${failures}`)
process.exitCode = failures === 0 ? 0 : 1
