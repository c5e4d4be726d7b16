/** The keys of a terminal, one at a time, as they are pressed. */
import { EventEmitter } from 'node:events'
import { emitKeypressEvents } from 'node:readline'
import type { ReadStream } from 'node:tty'

interface Events {
  /** Ctrl-C. */
  interrupt: []
  /** Ctrl-Z. */
  suspend: []
  /** q, or Ctrl-D. */
  quit: []
  /** Any other one. */
  key: [string]
}

export interface Keys extends EventEmitter<Events> {
  /** Gives the terminal back, for others to use. */
  pause(): void
  resume(): void
  close(): void
}

const CONTROL: Readonly<Record<string, 'interrupt' | 'suspend' | 'quit'>> = { c: 'interrupt', z: 'suspend', d: 'quit' }

export function listenToKeys(stdin: Pick<ReadStream, 'setRawMode' | 'pause' | 'on' | 'off'> & NodeJS.ReadStream): Keys {
  const keys = new EventEmitter<Events>()
  const press = (text: string | undefined, { name, ctrl }: { name?: string; ctrl?: boolean }) => {
    const control = ctrl && CONTROL[name ?? '']
    if (control) keys.emit(control)
    else if (name === 'q') keys.emit('quit')
    else keys.emit('key', text ?? name ?? '')
  }
  emitKeypressEvents(stdin)
  stdin.setRawMode(true)
  stdin.on('keypress', press)
  return Object.assign(keys, {
    pause: () => void stdin.setRawMode(false),
    resume: () => {
      stdin.setRawMode(false) // a shell may have set it meanwhile, of which Node.js knows nothing
      stdin.setRawMode(true)
    },
    close: () => {
      stdin.off('keypress', press)
      stdin.setRawMode(false)
      stdin.pause()
    },
  })
}
