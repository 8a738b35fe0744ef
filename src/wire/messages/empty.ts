/** Messages without a payload, of both directions, as bytes to send. They are shared: never change them in place. */
import { MessageWriter, violation } from "../bytes.ts";
import { BACKEND, FRONTEND } from "../types.ts";

const empty = (type: number): Buffer => new MessageWriter(type, 5).finish();

export const SYNC = empty(FRONTEND.Sync);
export const FLUSH = empty(FRONTEND.Flush);
export const TERMINATE = empty(FRONTEND.Terminate);
/** CopyDone is the same five bytes in both directions. */
export const COPY_DONE = empty(FRONTEND.CopyDone);
export const PARSE_COMPLETE = empty(BACKEND.ParseComplete);
export const BIND_COMPLETE = empty(BACKEND.BindComplete);
export const CLOSE_COMPLETE = empty(BACKEND.CloseComplete);
export const NO_DATA = empty(BACKEND.NoData);
export const PORTAL_SUSPENDED = empty(BACKEND.PortalSuspended);
export const EMPTY_QUERY_RESPONSE = empty(BACKEND.EmptyQueryResponse);

/** Checks that a message that must have no payload has none. */
export function checkEmpty(payload: number, end: number): void {
  if (payload !== end) throw violation("A message that has no fields came with some.");
}
