/** The signals that are passed on to the command, and the exit codes that tell of signals. */
import { constants } from 'node:os'

export const FORWARDED = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const
export type ForwardedSignal = (typeof FORWARDED)[number]

/** Whether the signal asks to end, so that what ignores it is killed after a while. */
export function asksToEnd(signal: ForwardedSignal): boolean {
  return signal === 'SIGTERM' || signal === 'SIGINT' || signal === 'SIGQUIT'
}

/** As a shell tells it: 143 for SIGTERM. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal]
}

/** Calls the listener for each of them until what is returned is disposed of; none has its usual effect meanwhile. */
export function listenToSignals(listener: (signal: ForwardedSignal) => void): Disposable {
  for (const signal of FORWARDED) process.on(signal, listener)
  return {
    [Symbol.dispose]() {
      for (const signal of FORWARDED) process.off(signal, listener)
    },
  }
}
