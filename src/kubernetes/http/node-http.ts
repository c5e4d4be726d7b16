/**
 * `node:http`, without what an import of it brings along. An import reads every export once, also those that load something
 * at the first reading: all of `fetch` and `WebSocket`, which take 25 ms and 13 MB (Node.js 24) and are not used here.
 */
export const http = process.getBuiltinModule('node:http')
