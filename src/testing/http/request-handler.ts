/** From a request to its answer: who asks, what for, whether they may, which faults strike, what the store says. */
import { reviewAt } from './access-review.ts'
import { authorize } from './authorization.ts'
import type { Backend } from './backend.ts'
import { type Call, mediaTypeOf, readCall, record } from './call.ts'
import { discover } from './discovery.ts'
import { answer, answerError, type HttpRequest, type HttpResponse, parseBody, readBody } from './exchange.ts'
import { execute } from './execution.ts'
import { NoSuchGroup, parseUrl } from './routes.ts'
import { strikesDown } from './struck-requests.ts'

export async function handleRequest(backend: Backend, request: HttpRequest, response: HttpResponse): Promise<void> {
  let call: Call | undefined
  try {
    const at = performance.now()
    const bytes = await readBody(request)
    const identity = backend.identities.authenticate(request.headers.authorization)
    const url = parseUrl(request.url ?? '')
    const described = request.method === 'GET' ? discover(url.pathname, backend.served) : undefined
    if (described !== undefined) return answer(response, 200, described, { plainText: typeof described === 'string' })
    const review = request.method === 'POST' ? reviewAt(url.pathname) : undefined
    if (review) {
      const posted = parseBody(bytes, mediaTypeOf(request), review.kind)
      return answer(response, 201, review.answer(backend, identity, posted), { accept: request.headers.accept })
    }
    call = readCall(backend.served, request, url, identity, bytes, at)
    record(backend.requests, call.recorded)
    backend.tell(call.recorded)
    await carryOut(backend, call, request, response)
  } catch (error) {
    if (error instanceof NoSuchGroup) return answer(response, 404, `${error.message}\n`, { plainText: true })
    const status = answerError(response, error)
    if (call) call.recorded.status = status
  }
  if (call) backend.tell(call.recorded)
}

async function carryOut(backend: Backend, call: Call, request: HttpRequest, response: HttpResponse): Promise<void> {
  const { recorded, route, struck, accept } = call
  const queued = backend.enter()
  if (queued > 0 && !(await backend.sleep(queued))) return
  const effect = backend.faults.strike(struck)
  if (Object.keys(effect).length > 0) {
    recorded.fault = effect
    backend.tell(recorded)
  }
  if (effect.hang || effect.drop === 'request') return // the connection stays open, and silent
  if (effect.clockOffset) response.setHeader('Date', new Date(Date.now() + effect.clockOffset).toUTCString())
  if (effect.delay && !(await backend.sleep(effect.delay))) return
  if (!effect.afterCommit && strikesDown(backend, effect, call, request, response)) return
  authorize(backend, call)
  if (route.verb === 'watch') {
    if (effect.drop === 'response') return
    recorded.status = 200
    backend.watches.start({ ...route, accept, struck, name: recorded.name }, response)
    return
  }
  const [code, result] = execute(backend, call, effect)
  if (effect.drop === 'response') return
  if (effect.delayAfterCommit && !(await backend.sleep(effect.delayAfterCommit))) return
  if (effect.afterCommit && strikesDown(backend, effect, call, request, response)) return
  recorded.status = code
  answer(response, code, effect.body ?? result, { warnings: call.warnings, accept })
}
