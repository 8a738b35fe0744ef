/**
 * Cancel keys. The client's key carries the server's process id (drivers compare it with the sender of notifications)
 * and a secret of the gateway's own; the server's secret never leaves (reference: defect 8 of peers).
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { assert } from "../base/assert.ts";
import type { BackendKeyData } from "../wire/messages/backend-key-data.ts";

interface Registered {
  readonly secret: Buffer;
  readonly cancel: () => void;
}

/** Protocol 3.0 has room for four bytes. */
const SECRET_BYTES = 4;

export class CancelKeys {
  readonly #sessions = new Map<number, Registered>();

  /** @param cancel asks the server to cancel what the session runs */
  register(processId: number, cancel: () => void): BackendKeyData {
    const secret = randomBytes(SECRET_BYTES);
    this.#sessions.set(processId, { secret, cancel });
    return { processId, secret };
  }

  unregister(key: BackendKeyData): void {
    const session = this.#sessions.get(key.processId);
    if (session?.secret === key.secret) this.#sessions.delete(key.processId);
  }

  /** @returns false if no session has this key: somebody guesses */
  cancel(processId: number, secret: Buffer): boolean {
    const session = this.#sessions.get(processId);
    if (session === undefined || secret.length !== SECRET_BYTES) return false;
    assert(session.secret.length === SECRET_BYTES, "a key of our own");
    if (!timingSafeEqual(session.secret, secret)) return false;
    session.cancel();
    return true;
  }
}
