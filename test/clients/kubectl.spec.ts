/** kubectl as a client of the embedded server: it is a stricter reader than we are. */
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { listOf, yamlOf } from '../../src/cli/manifests/manifest.ts'
import { manifestsOf, readManifestsArguments } from '../../src/cli/manifests.ts'
import { LeaderElection } from '../../src/index.ts'
import { type LeaseServer, startLeaseServer } from '../../src/testing/index.ts'

const isInstalled = (() => {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' })
    return true
  } catch {
    console.warn('kubectl is not installed: its tests are skipped')
    return false
  }
})()

describe.skipIf(!isInstalled)('kubectl', () => {
  let server: LeaseServer
  let directory: string
  let env: NodeJS.ProcessEnv

  beforeEach(async () => {
    server = await startLeaseServer()
    directory = await mkdtemp(join(tmpdir(), 'leader-election-kubectl-'))
    await writeFile(join(directory, 'config'), server.kubeConfigYaml())
    // Its cache of discovery would outlive the server.
    env = {
      ...process.env,
      KUBECONFIG: join(directory, 'config'),
      HOME: directory,
      KUBECACHEDIR: join(directory, 'cache'),
    }
  })
  afterEach(async () => {
    await server.close()
    await rm(directory, { recursive: true })
  })

  const kubectl = async (...args: string[]) => (await promisify(execFile)('kubectl', args, { env })).stdout.trim()
  const manifest = async (holder: string) => {
    const file = join(directory, `${holder}.yml`)
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'x' },
      spec: { holderIdentity: holder },
    }
    await writeFile(file, JSON.stringify(lease))
    return file
  }

  test('creates, gets, lists, patches, annotates and deletes a lease', async () => {
    expect(await kubectl('create', '-f', await manifest('a'))).toBe('lease.coordination.k8s.io/x created')
    expect(await kubectl('get', 'lease', 'x', '-o', 'jsonpath={.spec.holderIdentity}')).toBe('a')
    expect(await kubectl('get', 'leases')).toMatch(/^NAME +HOLDER +AGE\nx +a +\d+s$/)
    expect(await kubectl('patch', 'lease', 'x', '--type=merge', '-p', '{"spec":{"holderIdentity":"b"}}')).toContain(
      'patched',
    )
    expect(await kubectl('annotate', 'lease', 'x', 'example.com/note=seen')).toContain('annotated')
    expect(server.leases.get('x')).toMatchObject({
      metadata: { annotations: { 'example.com/note': 'seen' } },
      spec: { holderIdentity: 'b' },
    })
    expect(await kubectl('delete', 'lease', 'x')).toContain('deleted')
    expect(server.leases.get('x')).toBeUndefined()
  })

  test('applies a manifest, and applies another one over it', async () => {
    expect(await kubectl('apply', '-f', await manifest('a'))).toBe('lease.coordination.k8s.io/x created')
    expect(await kubectl('apply', '-f', await manifest('b'))).toBe('lease.coordination.k8s.io/x configured')
    expect(await kubectl('apply', '-f', await manifest('b'))).toBe('lease.coordination.k8s.io/x unchanged')
    expect(await kubectl('apply', '--server-side', '-f', await manifest('c'), '--force-conflicts')).toContain(
      'serverside-applied',
    )
    expect(server.leases.get('x')?.spec).toMatchObject({ holderIdentity: 'c' })
  })

  test('is told whose fields a server-side apply would take', async () => {
    await kubectl('apply', '-f', await manifest('a'))
    const refused = kubectl('apply', '--server-side', '-f', await manifest('b'))
    await expect(refused).rejects.toThrow('conflict with "kubectl-client-side-apply"')
    expect(server.leases.get('x')?.spec).toMatchObject({ holderIdentity: 'a' })
  })

  test('shows namespaces, pods and leases of all namespaces; explains a lease; deletes a pod', async () => {
    server.pod('a', { namespace: 'web' })
    await kubectl('create', '-f', await manifest('a'))
    expect(await kubectl('get', 'namespaces')).toMatch(/^NAME +AGE\ndefault +\d+s\nweb +\d+s$/)
    expect(await kubectl('get', 'pods', '--all-namespaces')).toMatch(/^NAMESPACE +NAME +AGE\nweb +a +\d+s$/)
    expect(await kubectl('get', 'leases', '-A', '-l', '!app')).toMatch(/\ndefault +x +a +\d+s$/)
    expect(await kubectl('describe', 'lease', 'x')).toContain('Holder Identity:')
    expect(await kubectl('explain', 'lease.spec')).toContain('leaseDurationSeconds')
    expect(await kubectl('delete', 'pod', 'a', '-n', 'web')).toContain('deleted')
  })

  test('asks what it may do, and creates a namespace: in protobuf', async () => {
    expect(await kubectl('auth', 'can-i', 'create', 'leases')).toBe('yes')
    expect(await kubectl('create', 'namespace', 'web')).toBe('namespace/web created')
    expect(await kubectl('get', 'namespace', 'web', '-o', 'name')).toBe('namespace/web')
  })

  test('waits for a condition', async () => {
    await kubectl('create', '-f', await manifest('a'))
    const waiting = kubectl('wait', 'lease/x', '--for=jsonpath={.spec.holderIdentity}=b', '--timeout=10s')
    await kubectl('patch', 'lease', 'x', '--type=merge', '-p', '{"spec":{"holderIdentity":"b"}}')
    expect(await waiting).toContain('condition met')
  })

  const printed = async (...args: string[]) => {
    const { isJson, ...plan } = readManifestsArguments(['my-app', ...args])
    const manifests = manifestsOf(plan)
    const file = join(directory, 'printed')
    await writeFile(file, isJson ? JSON.stringify(listOf(manifests)) : await yamlOf(manifests))
    return { file, objects: manifests.map(({ object }) => object as { kind: string; metadata: { name: string } }) }
  }

  test.each([
    [[]],
    [['--for-life', '--json']],
    [['--use', 'run', '--', './worker', '--fast']],
    [['--sidecar', '--pod-label', 'leader=yes', '--interval', '2000']], // each of which YAML could take for something else
  ])('takes what `manifests %j` prints: as a dry run of the server, and for real, word for word', async (args) => {
    const { file, objects } = await printed(...args)
    const [dry, real] = [await kubectl('apply', '--dry-run=server', '-f', file), await kubectl('apply', '-f', file)]
    for (const [output, suffix] of [
      [dry, ' created (server dry run)'],
      [real, ' created'],
    ] as const) {
      const lines = output.split('\n')
      expect(lines).toHaveLength(objects.length)
      for (const line of lines) expect(line.endsWith(suffix), line).toBe(true)
    }
    const again = await kubectl('apply', '-f', file)
    expect(again.match(/ unchanged$/gm)).toHaveLength(objects.length)
    for (const { kind, metadata, ...rest } of objects) {
      const stored = JSON.parse(await kubectl('get', kind, metadata.name, '-o', 'json'))
      expect(stored).toMatchObject({ ...rest, kind, metadata })
    }
  })

  test('changes an applied Deployment where its manifest has changed, and nowhere else', async () => {
    const path = 'deployment/my-app'
    await kubectl('apply', '-f', (await printed('--sidecar', '--interval', '2s')).file)
    await kubectl('set', 'env', path, '--containers=app', 'EXTRA=kept')
    const { file, objects } = await printed('--sidecar', '--image', 'app:2')
    expect(await kubectl('apply', '-f', file)).toContain('deployment.apps/my-app configured')
    const deployment = objects.find(({ kind }) => kind === 'Deployment') as unknown as {
      spec: { template: { spec: { containers: { env: object[] }[] } } }
    }
    deployment.spec.template.spec.containers[0]!.env.push({ name: 'EXTRA', value: 'kept' })
    expect(JSON.parse(await kubectl('get', path, '-o', 'json')).spec).toEqual(deployment.spec)
  })

  test('is refused a misspelt field of a Deployment, by its path', async () => {
    const { file } = await printed('--sidecar')
    const text = (await readFile(file, 'utf8')).replaceAll('readOnlyRootFilesystem', 'readOnlyRootFileSystem')
    await writeFile(file, text)
    await expect(kubectl('apply', '--dry-run=server', '-f', file)).rejects.toThrow(
      'unknown field "spec.template.spec.initContainers[0].securityContext.readOnlyRootFileSystem"',
    )
  })

  test('get -w shows the holder changing while an election runs', async () => {
    const first = new LeaderElection('x', server.pod('first'))
    const second = new LeaderElection('x', server.pod('second'))
    await first.becomeLeaderForLife()
    const watching = spawn('kubectl', ['get', 'lease', 'x', '-w', '--no-headers'], { env })
    const ended = once(watching, 'close')
    onTestFinished(async () => {
      watching.kill()
      await ended
    })
    const lines = createInterface({ input: watching.stdout })[Symbol.asyncIterator]()
    const holder = async () => String((await lines.next()).value).split(/\s+/)[1]
    expect(await holder()).toBe('first')
    const successor = second.becomeLeaderForLife()
    await first.stop()
    await successor
    let seen = await holder()
    while (seen === 'first') seen = await holder()
    expect(seen).toBe('second')
    await second.stop()
  })
})
