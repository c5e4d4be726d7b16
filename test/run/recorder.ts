/** A command that records that it runs: who and in which term, by the clock that all processes of the machine share. */
import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'

const [file, manner] = process.argv.slice(2) as [string, Manner]

export type Manner = 'obeys' | 'ignores SIGTERM' | 'forks'

/** Milliseconds. */
const HEARTBEAT = 5

function record(): void {
  const { LEADER_ELECTION_FENCING_TOKEN: token, LEADER_ELECTION_IDENTITY: identity } = process.env
  appendFileSync(file, `${token} ${identity} ${process.pid} ${process.hrtime.bigint()}\n`)
}

record()
setInterval(record, HEARTBEAT)
if (manner === 'ignores SIGTERM') process.on('SIGTERM', () => {})
if (manner === 'forks') spawn(process.execPath, [import.meta.filename, file, 'ignores SIGTERM'], { stdio: 'ignore' })
