/** Which tags become releases: `.ci/check-release`, which the release workflow asks first. */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'release-'))
  await mkdir(join(directory, '.ci'))
  await cp(join(ROOT, '.ci/check-release'), join(directory, '.ci/check-release'))
})

afterAll(() => rm(directory, { recursive: true }))

const PACKAGE = { version: '1.2.3', repository: { type: 'git', url: 'git+https://example.org/repository.git' } }
const CHANGELOG = '# Changelog\n\n## [1.2.3] - 2026-01-31\n\n- All of it.\n\n## [1.2.0] - 2026-01-01\n'

test('a tag is released whose version package.json and CHANGELOG.md have', async () => {
  await expect(check('v1.2.3')).resolves.toMatchObject({ stdout: 'v1.2.3 may be released\n' })
})

test.each([
  ['v1.2.4', {}, 'the tag is v1.2.4, but package.json has version 1.2.3'],
  ['1.2.3', {}, 'the tag is 1.2.3, but package.json has version 1.2.3: tag it v1.2.3'],
  ['v1.2.3', { changelog: CHANGELOG.replace('1.2.3', '1.2.30') }, 'CHANGELOG.md has no section "## [1.2.3] - '],
  [
    'v1.2.3',
    { changelog: CHANGELOG.replace('2026-01-31', 'unreleased') },
    'CHANGELOG.md has no section "## [1.2.3] - ',
  ],
  ['v1.2.3', { changelog: undefined }, 'CHANGELOG.md has no section "## [1.2.3] - '],
  ['v1.2.3', { packageJson: { version: '1.2.3' } }, 'package.json has no `repository`'],
])('%s is not released with %j: %s', async (tag, given, stderr) => {
  await expect(check(tag, given)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(stderr) })
})

test('the workflow asks it before anything is published, with all other checks', async () => {
  const workflow = await readFile(join(ROOT, '.github/workflows/release.yml'), 'utf8')
  const [before, after] = workflow.split('  publish:\n')
  expect(before).toContain('run: .ci/check-release "$GITHUB_REF_NAME"')
  expect(before).toContain('run: .ci/run\n')
  expect(after).toMatch(/^ {4}needs: verify$/m)
  expect(after).toContain('npm publish --provenance')
})

async function check(
  tag: string,
  given: { packageJson?: object; changelog?: string | undefined } = {},
): Promise<{ stdout: string; stderr: string }> {
  const { packageJson, changelog } = { packageJson: PACKAGE, changelog: CHANGELOG, ...given }
  await writeFile(join(directory, 'package.json'), JSON.stringify(packageJson))
  await rm(join(directory, 'CHANGELOG.md'), { force: true })
  if (changelog !== undefined) await writeFile(join(directory, 'CHANGELOG.md'), changelog)
  return promisify(execFile)(join(directory, '.ci/check-release'), [tag])
}
