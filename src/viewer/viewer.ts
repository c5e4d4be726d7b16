/**
 * The viewer: a page on 127.0.0.1 that draws the machines of this process as they run. For development only.
 *
 * It works offline, and draws any XState machine. Whoever can open a page of this machine's own addresses can see what is
 * in the machines' contexts and events, so it refuses to start where NODE_ENV is `production`.
 */
import type { AnyActorRef, InspectionEvent } from 'xstate'
import { ConfigurationError } from '../errors.ts'
import { isolated } from '../leader-election/isolation.ts'
import { Inspection } from './inspection.ts'
import { Sessions } from './model/sessions.ts'
import { PageServer } from './page-server.ts'
import { readPageSource } from './page-source.ts'

/** All of it may be left out. */
export interface ViewerOptions {
  /** Default: a free one. */
  readonly port?: number | undefined
  /** What the page calls this process. Default: `process` and its id. */
  readonly name?: string | undefined
}

/** What can be viewed: an actor of XState, a `LeaderElection`, or anything else that takes inspectors. */
export type ViewerSource =
  | AnyActorRef
  | {
      /** Calls the inspector from now on. */
      inspect(inspector: (event: InspectionEvent) => void): unknown
    }

/** A viewer that runs, until it is closed or disposed of. It does not keep the process alive. */
export interface Viewer extends AsyncDisposable {
  /** Where to open it: `http://127.0.0.1:PORT/`. */
  readonly url: string
  /** For options that take an inspector, such as `createActor(machine, { inspect })`. */
  readonly inspect: (event: InspectionEvent) => void
  /** Shows this one too. An actor that runs already is shown as it is now. */
  attach(source: ViewerSource): void
  /** Ends the server and every open page's connection; nothing is shown any more. */
  close(): Promise<void>
}

/**
 * Serves a page that draws the machines of `source`, lit where they are, with the transitions that they take and the events
 * that they get, and what of their delays is left. More can be attached later.
 *
 * @throws ConfigurationError where NODE_ENV is `production`, for a wrong source or port, or one that is taken.
 */
export async function attachViewer(source?: ViewerSource, options: ViewerOptions = {}): Promise<Viewer> {
  const { port = 0, name = `process ${process.pid}` } = options
  if (process.env.NODE_ENV === 'production') {
    throw new ConfigurationError(
      'NODE_ENV is production; the viewer is for development only: leave `attachViewer` out.',
    )
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new ConfigurationError(`port is ${String(port)}; expected a whole number from 0 to 65535, 0 for a free one.`)
  }
  const sessions = new Sessions()
  const inspection = new Inspection(name, (inspected) => {
    sessions.note(inspected)
    server.tell('inspected', inspected)
  })
  let isClosed = false
  const inspect = isolated((event) => {
    if (!isClosed) inspection.inspect(event)
  })
  const server = await PageServer.start({
    title: `${name} · viewer`,
    source: await readPageSource('viewer'),
    port,
    now: Date.now, // as XState's timers
    state: () => ({ sessions: sessions.all }),
  })
  server.unref()
  const attach = (each: ViewerSource) => {
    if (isActor(each)) {
      each.system.inspect(inspect)
      inspection.present(each)
    } else if (typeof each?.inspect === 'function') each.inspect(inspect)
    else {
      throw new ConfigurationError(
        'the source is neither an actor nor has it a function `inspect`; expected an actor of XState or a LeaderElection.',
      )
    }
  }
  const close = async () => {
    if (isClosed) return
    isClosed = true
    await server.close()
  }
  try {
    if (source) attach(source)
  } catch (error) {
    await close()
    throw error
  }
  return { url: server.url, inspect, attach, close, [Symbol.asyncDispose]: close }
}

function isActor(source: ViewerSource): source is AnyActorRef {
  return typeof source === 'object' && source !== null && 'system' in source && 'getSnapshot' in source
}
