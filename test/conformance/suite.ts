/**
 * The facts about the Lease API that the library builds on, each as a case that any target can be asked.
 *
 * Where the embedded server differs on purpose. No case depends on it:
 *
 * - A version in the future is refused at once, not after three seconds.
 * - The garbage collector works at once, not within half a minute; owners of other kinds than Pod count as alive.
 * - A pod that is deleted over HTTP is gone at once; `terminatePod` makes the grace period a step of its own.
 * - The history is as long as a number of changes, not as a time; `compact()` forgets it.
 * - Protobuf for Leases, Events of the core group, namespaces and access reviews only; no CBOR, no compression.
 * - A watch from which a fault has kept a change goes on without it; a real one would deliver it late, or end.
 */
import { patching } from './cases/patching.ts'
import { reading } from './cases/reading.ts'
import { validation } from './cases/validation.ts'
import { watching } from './cases/watching.ts'
import { writing } from './cases/writing.ts'
import type { Case } from './conformance.ts'

export const SUITE: readonly Case[] = [...writing, ...patching, ...validation, ...reading, ...watching]
