/**
 * The guard: a process of its own, between the wrapper and its command, of which it is the parent. It ends the command when
 * the wrapper does not extend its allowance in time, is stopped, or has died; and ends with the wrapper.
 *
 * It stands in a session of its own, and signals are the wrapper's to pass on. It has to start fast: it imports little.
 */
import { GuardedCommand } from './guarded-command.ts'
import type { FromGuard, ToGuard } from './messages.ts'
import { listenToSignals } from './signals.ts'

let guarded: GuardedCommand | undefined

function tell(message: FromGuard): void {
  // A wrapper that has died is told nothing, which is no error.
  if (process.connected) process.send!(message, undefined, undefined, () => {})
}

function obey(message: ToGuard): void {
  switch (message.type) {
    case 'start':
      guarded = new GuardedCommand(message, tell)
      break
    case 'extend':
      guarded?.extend(message.allowance)
      break
    case 'signal':
      guarded?.signal(message.name)
      break
    case 'stop':
      guarded?.stop()
      break
    case 'kill':
      guarded?.kill()
  }
}

listenToSignals(() => {})
process.on('message', obey)
// Without the channel, and once the command has ended, nothing keeps this process.
process.on('disconnect', () => guarded?.abandon())
