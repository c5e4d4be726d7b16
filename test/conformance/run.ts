/** `npm run conformance [-- --kubeconfig FILE]`: the conformance tests, against the embedded or a real API server. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { kubeconfig: { type: 'string' } } })
const file = values.kubeconfig && resolve(values.kubeconfig)
if (file && !existsSync(file)) {
  console.error(`--kubeconfig is ${values.kubeconfig}, which does not exist; expected a kubeconfig file.`)
  process.exit(2)
}
console.log(`against ${file ? `the API server of ${file}` : 'the embedded server'}`)
const env = { ...process.env, ...(file && { CONFORMANCE_KUBECONFIG: file }) }
process.exitCode =
  spawnSync('vitest', ['run', 'test/conformance', '--reporter=verbose'], { stdio: 'inherit', env }).status ?? 1
