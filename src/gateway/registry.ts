/** The sessions that are open, by actor: for shutdown, for disabled actors, for the heartbeat. */
import type { WhosawError } from "../base/errors.ts";
import type { ActorId } from "../ledger/entry.ts";
import type { Session } from "./session.ts";

export class SessionRegistry {
  readonly #sessions = new Map<Session, ActorId>();
  #emptied: (() => void) | undefined;

  get size(): number {
    return this.#sessions.size;
  }

  add(session: Session, actor: ActorId): void {
    this.#sessions.set(session, actor);
  }

  delete(session: Session): void {
    this.#sessions.delete(session);
    if (this.#sessions.size === 0) this.#emptied?.();
  }

  /** Ends the sessions of every actor for whom `reason` gives one. */
  abortWhere(reason: (actor: ActorId) => WhosawError | undefined): void {
    for (const [session, actor] of this.#sessions) {
      const error = reason(actor);
      if (error !== undefined) session.abort(error);
    }
  }

  /** Resolves when no session is open. */
  emptied(): Promise<void> {
    return this.#sessions.size === 0 ? Promise.resolve() : new Promise((resolve) => (this.#emptied = resolve));
  }
}
