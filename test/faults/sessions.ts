/** What the ledger says that each session was shown, from the stored bytes alone. */
import type { Installation } from "./installation.ts";
import type { ActorId } from "../../src/ledger/entry.ts";
import { decodeKeys } from "../../src/ledger/keys-block.ts";
import { readEntries } from "../../src/ledger/read.ts";

export interface RecordedSession {
  readonly actor: ActorId;
  /** `TABLE KEY` for everything that was disclosed; text keys as hashes. */
  readonly disclosed: ReadonlySet<string>;
}

export interface RecordedSessions {
  /** In the order of their logins. */
  readonly sessions: readonly RecordedSession[];
  /** By the address that the client came from: tests give each client one of its own. */
  readonly byAddress: ReadonlyMap<string, RecordedSession>;
  /** Index behind the last entry read. */
  readonly next: number;
}

/** @param from index of an entry before which no session of interest began */
export async function recordedSessions(installation: Installation, from: number): Promise<RecordedSessions> {
  const { masterKey } = await installation.keys();
  const sessions = new Map<number, { actor: ActorId; disclosed: Set<string> }>();
  const byAddress = new Map<string, RecordedSession>();
  const tables = new Map<number, readonly string[]>();
  const statements = new Map<number, { disclosed: Set<string>; tables: readonly string[] }>();
  let next = from;
  for await (const { index, entry } of readEntries(installation.config.ledger.dir, { masterKey, from })) {
    next = index + 1;
    if (entry === undefined) throw new Error(`entry ${index} cannot be opened`);
    if (entry.kind === "login") {
      const session = { actor: entry.actor, disclosed: new Set<string>() };
      sessions.set(index, session);
      byAddress.set(entry.clientAddress, session);
    } else if (entry.kind === "form") {
      tables.set(
        index,
        entry.uses.map((use) => use.table),
      );
    } else if (entry.kind === "statement") {
      const session = sessions.get(entry.session);
      const used = tables.get(entry.form);
      if (session === undefined || used === undefined) throw new Error(`entry ${index} refers to nothing`);
      if (session.actor !== entry.actor) throw new Error(`entry ${index} names another actor than its session`);
      statements.set(index, { disclosed: session.disclosed, tables: used });
    }
    if (entry.kind !== "statement" && entry.kind !== "disclosure") continue;
    const statement = statements.get(entry.kind === "statement" ? index : entry.statement);
    if (statement === undefined) throw new Error(`entry ${index} continues nothing`);
    for (const { use, keys } of entry.blocks) {
      for (const key of decodeKeys(keys).keys) statement.disclosed.add(`${statement.tables[use]} ${key}`);
    }
  }
  return { sessions: [...sessions.values()], byAddress, next };
}
