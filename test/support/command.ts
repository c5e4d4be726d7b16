/** The command line as a process of its own, whose lines a test awaits. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** See `bundled-command.ts`. */
const MAIN = fileURLToPath(new URL('../../.cache/cli/main.js', import.meta.url))
/** What tells a process who and where it is; a test says it anew. */
const TELLING = ['LEASE_NAME', 'POD_NAME', 'POD_UID', 'POD_NAMESPACE', 'KUBECONFIG', 'DEBUG']
/** What Node looks at to tell how many colours a terminal has; in a CI it believes none of them. */
const COLOURING = ['NO_COLOR', 'FORCE_COLOR', 'NODE_DISABLE_COLORS', 'COLORTERM', 'TMUX', 'CI', 'TEAMCITY_VERSION']

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
  /** Writes to its standard input. */
  type(text: string): void
}

/** Starts it; at the end of the test it is killed if it still runs. */
export function startCommand(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  options?: { stdin: 'ignore' | 'pipe' },
): CommandProcess {
  return startProgram(process.execPath, [MAIN, ...args], env, options)
}

/** Starts it as the first process of a PID namespace, as in a container; it is the only child of what is started. */
export function startAsFirst(args: readonly string[], env: NodeJS.ProcessEnv = {}): CommandProcess {
  return startProgram('unshare', [...NAMESPACE, process.execPath, MAIN, ...args], env)
}

const NAMESPACE = ['--pid', '--fork', '--mount-proc', '--kill-child']
export const hasNamespaces = spawnSync('unshare', [...NAMESPACE, 'true']).status === 0

/** Of a pseudo-terminal that takes its keys from a pipe; and a job of its own, as a shell makes it. */
const ON_TERMINAL = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))'
const AS_JOB = `import os, subprocess, sys
job = subprocess.Popen(sys.argv[1:], preexec_fn=lambda: os.setpgid(0, 0))
print("job", job.pid, flush=True)
sys.exit(job.wait())`

export const hasPython = spawnSync('python3', ['--version']).status === 0

/** Starts it on a terminal; what is written to its `stdin` are keys. */
export function startOnTerminal(args: readonly string[], env: NodeJS.ProcessEnv = {}): CommandProcess {
  const program = ['-c', ON_TERMINAL, process.execPath, MAIN, ...args]
  return startProgram('python3', program, { TERM: 'xterm', ...env }, { stdin: 'pipe' })
}

/** Starts it as a job, whose process group it tells in its first line: `job 123`. */
export function startAsJob(args: readonly string[], env: NodeJS.ProcessEnv = {}): CommandProcess {
  return startProgram('python3', ['-c', AS_JOB, process.execPath, MAIN, ...args], env)
}

/** Its standard output is the file, through a shell. */
export function runInto(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
  const program = ['-c', `exec "$@" >${file}`, 'sh', process.execPath, MAIN, ...args]
  return startProgram('sh', program, env).exited
}

/** The same for any program. */
export function startProgram(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  { cwd, stdin = 'ignore' }: { cwd?: string; stdin?: 'ignore' | 'pipe' } = {},
): CommandProcess {
  const surroundings = Object.entries(process.env).filter(
    ([name]) => ![...TELLING, ...COLOURING].includes(name) && !name.startsWith('LEADER_ELECTION_'),
  )
  const child = spawn(program, args, {
    cwd,
    // Node 22 warns of its type stripping on stderr.
    env: { ...Object.fromEntries(surroundings), NODE_NO_WARNINGS: '1', ...env },
    stdio: [stdin, 'pipe', 'pipe'],
  })
  const waiting = new Set<() => void>()
  const [stdout, stderr] = [child.stdout!, child.stderr!].map((stream) => {
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
  return { process: child, stdout, stderr, exited, line, type: (text) => void child.stdin!.write(text) }
}

export function runCommand(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<CommandResult> {
  return startCommand(args, env).exited
}
