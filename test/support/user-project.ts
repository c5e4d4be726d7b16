/** Programs of a user's project, each run as a process in a pod's environment. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import type { LeaseServer } from '../../src/testing/index.ts'
import { type CommandProcess, startProgram } from './command.ts'
import { podEnvironment } from './environment.ts'

const TSC = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url))

/** As TypeScript is set up for Node.js. */
export const COMPILER_OPTIONS = {
  target: 'es2023',
  lib: ['es2024', 'esnext.disposable'],
  module: 'nodenext',
  strict: true,
  noEmit: true,
  types: ['node'],
  skipLibCheck: true,
}

/** Starts what is in the project's directory; at the end of the test it is killed if it still runs. */
export async function startInPod(
  server: LeaseServer,
  directory: string,
  script: string | readonly string[],
  pod: string,
  more: Readonly<Record<string, string>> = {},
): Promise<CommandProcess> {
  const { env, cleanUp } = await podEnvironment(server, pod, 'my-app')
  onTestFinished(cleanUp)
  return startProgram(process.execPath, [script].flat(), { ...env, ...more }, { cwd: directory })
}

/** Both outputs, for messages and searches. */
export function outputOf({ stdout, stderr }: Pick<CommandProcess, 'stdout' | 'stderr'>): string {
  return [...stdout, ...stderr].join('\n')
}

/** @throws with what the compiler says. */
export async function typeCheck(directory: string): Promise<void> {
  await promisify(execFile)(TSC, ['--project', directory]).catch(({ stdout }) => {
    throw new Error(stdout)
  })
}
