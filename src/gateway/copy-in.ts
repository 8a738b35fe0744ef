/**
 * COPY FROM STDIN, which turns the protocol around. While it is not certain how the server takes a message, none is sent.
 */
import type { Pending } from "./pending.ts";

/**
 * `awaited`: the server may begin to read data with the next message; `reading`: it does, ignores Sync and takes anything
 * else for an error; `ending`: the client has sent all of it.
 */
export type CopyInStage = "none" | "awaited" | "reading" | "ending";

export class CopyIn {
  stage: CopyInStage = "none";
  /** What the COPY is in the queue; it is over when this is answered. */
  #item: Pending | undefined;

  /** Sent a message with which the server may begin to read COPY data. */
  await(item: Pending): void {
    this.stage = "awaited";
    this.#item = item;
  }

  /** The server has answered this one. */
  answered(item: Pending | undefined): void {
    if (this.#item !== undefined && item !== this.#item) return;
    this.stage = "none";
    this.#item = undefined;
  }
}
