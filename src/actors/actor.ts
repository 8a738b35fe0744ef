/** Who may sign in to the gateway: people and programs, each with a role and a verifier of its password. */
import type { ActorId } from "../ledger/entry.ts";

export interface Actor {
  /** `staff:<uuid>`, or `svc:<name>` for a program: this, and never the name, is in the ledger. */
  readonly id: ActorId;
  /** The user name that a client signs in with, and the common name of its certificate. Unique, exact, case counts. */
  readonly name: string;
  /** A name under `roles` in whosaw.yaml. */
  readonly role: string;
  /** `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, as PostgreSQL's pg_authid.rolpassword; undefined: certificate only. */
  readonly verifier: string | undefined;
  readonly disabled: boolean;
  /** What other systems call it, `zendesk:4711`: imports find it by these. */
  readonly aliases?: readonly string[];
  /** As an import said. */
  readonly team?: string;
}

/** An immutable state of the register. */
export interface ActorSnapshot {
  readonly all: readonly Actor[];
  byName(name: string): Actor | undefined;
  byId(id: ActorId): Actor | undefined;
}

/** @param actors with distinct names and ids */
export function createSnapshot(actors: readonly Actor[]): ActorSnapshot {
  const names = new Map(actors.map((actor) => [actor.name, actor]));
  const ids = new Map(actors.map((actor) => [actor.id, actor]));
  return { all: actors, byName: (name) => names.get(name), byId: (id) => ids.get(id) };
}
