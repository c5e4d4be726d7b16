/** The bounds of the house are kept by a check: the real sources pass it, and a copy of them with a mistake in it fails. */
import { execFile } from 'node:child_process'
import { appendFile, cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const { scripts } = packageJson

let copy: string

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'architecture-'))
  await Promise.all([
    ...['.dependency-cruiser.mjs', 'package.json'].map((file) => cp(join(ROOT, file), join(copy, file))),
    symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules')),
  ])
})

afterAll(() => rm(copy, { recursive: true }))

test('`npm run check` checks the architecture, and the sources keep it', async () => {
  expect(scripts.check.split(' && ')).toContain('npm run architecture')
  expect(await checked(ROOT)).toEqual({ failed: false, violations: [] })
})

test('a circle of imports fails, be it of types alone', async () => {
  const violations = await violationsWith({ 'lease/clock.ts': "export type { Tenure } from './tenure.ts'" })
  expect(violations).not.toEqual([])
  for (const violation of violations) expect(violation).toMatch(/^no circle: src\/lease\/(clock|tenure)\.ts →/)
})

/** By file, what is planted there, and the rule that finds it. */
const ARROWS: readonly (readonly [file: string, imported: string, rule: string])[] = [
  ['statechart/context.ts', 'kubernetes/lease-api.ts', 'statechart imports no more than it may'],
  ['statechart/backoff.ts', 'process/process-mark.ts', 'statechart imports no more than it may'],
  ['lease/attempt.ts', 'errors.ts', 'lease imports no more than it may'],
  ['lease/attempt.ts', 'statechart/backoff.ts', 'lease imports no more than it may'],
  ['lease/contention.ts', 'options/types.ts', 'lease knows no more of the options than their types and limits'],
  ['lease/clock.ts', 'process/boot-clock.ts', 'lease imports no more than it may'],
  ['options/pod.ts', 'lease/contention.ts', 'options imports no more than it may'],
  ['process/process-mark.ts', 'statechart/types.ts', 'process imports no more than it may'],
  ['kubernetes/http/proxy.ts', 'lease/record.ts', 'kubernetes/http imports no more than it may'],
  ['kubernetes/lease-versions.ts', 'telemetry/printable.ts', 'kubernetes imports no more than it may'],
  ['testing/status.ts', 'errors.ts', 'testing imports no more than it may'],
  ['cli/arguments.ts', 'kubernetes/watch-hub.ts', 'cli imports no more than it may'],
  ['telemetry/statsd.ts', 'cli/wording.ts', 'nothing imports the command line'],
  ['leader-election/options.ts', 'index.ts', 'nothing imports an entry point'],
]

test('an arrow the wrong way fails, by whichever rule forbids it', async () => {
  const planted: Record<string, string> = {}
  for (const [file, imported] of ARROWS)
    planted[file] = `${planted[file] ?? ''}import '${'../'.repeat(file.split('/').length - 1)}${imported}'\n`
  const violations = await violationsWith(planted)
  for (const [file, imported, rule] of ARROWS) expect(violations).toContain(`${rule}: src/${file} → src/${imported}`)
})

test('a package that is imported where it does not belong fails, and so does a file that is no part of the plan', async () => {
  const violations = await violationsWith({
    'options/pod.ts': "export type { AnyActor } from 'xstate'",
    'telemetry/statsd.ts': "export { KubeConfig } from '@kubernetes/client-node'",
    'helpers.ts': "import './errors.ts'",
  })
  expect(violations).toEqual([
    expect.stringMatching(/^@kubernetes\/client-node is imported only where it belongs: src\/telemetry\/statsd\.ts → /),
    'every file has its part: src/helpers.ts → src/errors.ts',
    expect.stringMatching(/^xstate is imported only where it belongs: src\/options\/pod\.ts → /),
  ])
})

const MOST_LINES = 250

test(`no file of src/ is longer than ${MOST_LINES} lines`, async () => {
  const files = await readdir(join(ROOT, 'src'), { recursive: true })
  const sources = files.filter((file) => file.endsWith('.ts') && !file.startsWith('testing/'))
  expect(sources.length).toBeGreaterThan(50)
  const long = await Promise.all(sources.map(async (file) => ((await linesOf(file)) > MOST_LINES ? [file] : [])))
  expect(long.flat()).toEqual([])
})

async function linesOf(file: string): Promise<number> {
  return (await readFile(join(ROOT, 'src', file), 'utf8')).split('\n').length - 1
}

/** What is found in a fresh copy of the sources with these lines added to them. */
async function violationsWith(planted: Readonly<Record<string, string>>): Promise<readonly string[]> {
  await rm(join(copy, 'src'), { recursive: true, force: true })
  await cp(join(ROOT, 'src'), join(copy, 'src'), { recursive: true })
  for (const [file, lines] of Object.entries(planted)) await appendFile(join(copy, 'src', file), `\n${lines}\n`)
  const { failed, violations } = await checked(copy)
  expect(failed).toBe(true)
  return violations
}

/** Runs the script of package.json there, and reads what it says. */
async function checked(directory: string): Promise<{ failed: boolean; violations: readonly string[] }> {
  const [command, ...args] = scripts.architecture.split(' ')
  expect(command).toBe('depcruise')
  const depcruise = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
  const run = promisify(execFile)(process.execPath, [depcruise, ...args], { cwd: directory })
  const { failed, stdout } = await run.then(
    ({ stdout }) => ({ failed: false, stdout }),
    ({ stdout }: { stdout: string }) => ({ failed: true, stdout }),
  )
  return {
    failed,
    violations: [...stdout.matchAll(/^ +error (.+: .+ →.*)$/gm)].map(([, line]) => line!.trim()).sort(),
  }
}
