/** The command line as a process of its own, whose lines a test awaits. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
/** What tells a process who and where it is; a test says it anew. */
const TELLING = ['LEASE_NAME', 'POD_NAME', 'POD_UID', 'POD_NAMESPACE', 'KUBECONFIG', 'DEBUG', 'NO_COLOR', 'FORCE_COLOR']

export interface CommandResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
}

export interface CommandProcess {
  readonly process: ChildProcess
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
  readonly exited: Promise<CommandResult>
  /** Resolves with the first line of either output that matches; rejects when the process ends without one. */
  line(expected: RegExp): Promise<string>
}

/** Starts it; at the end of the test it is killed if it still runs. */
export function startCommand(args: readonly string[], env: NodeJS.ProcessEnv = {}): CommandProcess {
  return startProgram(process.execPath, [MAIN, ...args], env)
}

/** The same for any program. */
export function startProgram(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  { cwd }: { cwd?: string } = {},
): CommandProcess {
  const surroundings = Object.entries(process.env).filter(([name]) => !TELLING.includes(name))
  const child = spawn(program, args, {
    cwd,
    // Node 22 warns of its type stripping on stderr.
    env: { ...Object.fromEntries(surroundings), NODE_NO_WARNINGS: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const waiting = new Set<() => void>()
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
    const lines: string[] = []
    stream.on('error', () => {}) // a test may close it
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      for (const look of [...waiting]) look()
    })
    return lines
  }) as [string[], string[]]
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  const line = (expected: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = [...stdout, ...stderr].find((text) => expected.test(text))
        if (found === undefined) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
      void exited.then(({ code }) =>
        reject(new Error(`ended with ${code} before ${expected}:\n${[...stdout, ...stderr].join('\n')}`)),
      )
    })
  return { process: child, stdout, stderr, exited, line }
}

export function runCommand(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<CommandResult> {
  return startCommand(args, env).exited
}
