/** Messages without a payload, of both directions. */
import { MessageWriter, violation } from "../bytes.ts";
import { BACKEND, FRONTEND } from "../types.ts";

const empty = (type: number) => (): Buffer => new MessageWriter(type, 5).finish();

export const encodeSync = empty(FRONTEND.Sync);
export const encodeFlush = empty(FRONTEND.Flush);
export const encodeTerminate = empty(FRONTEND.Terminate);
/** CopyDone is the same five bytes in both directions. */
export const encodeCopyDone = empty(FRONTEND.CopyDone);
export const encodeParseComplete = empty(BACKEND.ParseComplete);
export const encodeBindComplete = empty(BACKEND.BindComplete);
export const encodeCloseComplete = empty(BACKEND.CloseComplete);
export const encodeNoData = empty(BACKEND.NoData);
export const encodePortalSuspended = empty(BACKEND.PortalSuspended);
export const encodeEmptyQueryResponse = empty(BACKEND.EmptyQueryResponse);

/** Checks that a message that must have no payload has none. */
export function checkEmpty(payload: number, end: number): void {
  if (payload !== end) throw violation("A message that has no fields came with some.");
}
