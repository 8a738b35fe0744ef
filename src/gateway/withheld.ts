/**
 * What a client is told instead of rows that may not leave: for every statement among them one ErrorResponse, then nothing
 * until the server is ready for the next query, as PostgreSQL answers a statement that fails. Sans-IO.
 */
import type { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { MessageReader } from "../wire/framing.ts";
import { encodeErrorResponse, fieldsOf } from "../wire/messages/error-response.ts";
import { BACKEND } from "../wire/types.ts";

/** What says something of a statement's rows. */
const OF_ROWS: ReadonlySet<number> = new Set([
  BACKEND.DataRow,
  BACKEND.CopyData,
  BACKEND.CopyDone,
  BACKEND.CommandComplete,
  BACKEND.PortalSuspended,
  BACKEND.ErrorResponse,
]);

/** What comes at any time and belongs to no statement. */
const APART: ReadonlySet<number> = new Set([BACKEND.ParameterStatus, BACKEND.NotificationResponse]);

export class Withheld {
  readonly #error: WhosawError;
  readonly #reader = new MessageReader({
    maxBytes: LIMITS.clientMessageBytesMax,
    fragmented: (type) => type === BACKEND.DataRow || type === BACKEND.CopyData,
  });
  /** The client has been told, and waits for ReadyForQuery. */
  #told = false;

  /** @param error what the client is told */
  constructor(error: WhosawError) {
    this.#error = error;
  }

  /** More of the answer must come through here. */
  get open(): boolean {
    return this.#told || !this.#reader.idle;
  }

  /**
   * @param pieces what would have left, from the beginning of a message
   * @param rows whether they hold rows that may not leave; otherwise they end what has begun
   * @returns what leaves instead
   * @throws WhosawError the error itself, if the session cannot go on: the server waits for COPY data that will not come
   */
  take(pieces: readonly Buffer[], rows: boolean): Buffer[] {
    const out: Buffer[] = [];
    for (const piece of pieces) {
      this.#reader.push(piece);
      while (this.#reader.next()) this.#message(out, rows);
    }
    return out;
  }

  #message(out: Buffer[], rows: boolean): void {
    const { type, buffer, start, end } = this.#reader;
    if (this.#told) {
      if (type === BACKEND.CopyInResponse) throw this.#error;
      if (type !== BACKEND.ReadyForQuery && !APART.has(type)) return;
      if (type === BACKEND.ReadyForQuery) this.#told = false;
    } else if (rows && OF_ROWS.has(type)) {
      this.#told = true;
      out.push(encodeErrorResponse(fieldsOf(this.#error, "ERROR")));
      return;
    }
    out.push(buffer.subarray(start, end));
  }
}
