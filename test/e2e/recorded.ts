/** What the ledger of a gateway says was shown: the other half of every promise, re-derived from the stored bytes. */
import { hashTextKey, decodeKeys, deriveSubjectKey } from "../../src/ledger/keys-block.ts";
import type { ActorId, Entry, Outcome } from "../../src/ledger/entry.ts";
import { readEntries } from "../../src/ledger/read.ts";
import type { TestGateway } from "../rig/gateway.ts";

export interface RecordedUse {
  readonly table: string;
  /** Integers and uuids as text, text keys as hashes, ascending. */
  readonly keys: readonly string[];
  readonly shown: readonly string[];
}

export interface RecordedStatement {
  readonly actor: ActorId;
  readonly text: string;
  readonly decision: string;
  readonly scope: boolean;
  readonly uses: readonly RecordedUse[];
  readonly outcome: Outcome | undefined;
}

export async function entriesOf(gateway: TestGateway): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const { entry } of readEntries(gateway.config.ledger.dir, { masterKey: gateway.keys.masterKey })) {
    if (entry !== undefined) entries.push(entry);
    else throw new Error("an entry that cannot be opened");
  }
  return entries;
}

/** Statements in the order of their first entries, with everything that later entries added. */
export async function recordedStatements(gateway: TestGateway): Promise<RecordedStatement[]> {
  const entries = await entriesOf(gateway);
  const statements = new Map<
    number,
    { entry: Entry & { kind: "statement" }; keys: Set<string>[]; outcome: Outcome | undefined }
  >();
  entries.forEach((entry, index) => {
    if (entry.kind === "statement") statements.set(index, { entry, keys: [], outcome: undefined });
    if (entry.kind !== "statement" && entry.kind !== "disclosure") return;
    const statement = statements.get(entry.kind === "statement" ? index : entry.statement);
    if (statement === undefined) throw new Error("a disclosure without its statement");
    statement.outcome = entry.outcome ?? statement.outcome;
    for (const { use, keys } of entry.blocks) {
      const into = (statement.keys[use] ??= new Set());
      for (const key of decodeKeys(keys).keys) into.add(`${key}`);
    }
  });
  return [...statements.values()].map(({ entry, keys, outcome }) => {
    const form = entries[entry.form];
    if (form?.kind !== "form") throw new Error("a statement without its form");
    const uses = form.uses.map((use, index) => ({ table: use.table, keys: sorted(keys[index]), shown: use.clear }));
    return { actor: entry.actor, text: form.text, decision: entry.decision, scope: form.scope, uses, outcome };
  });
}

function sorted(keys: ReadonlySet<string> | undefined): string[] {
  return [...(keys ?? [])].sort((a, b) =>
    /^-?\d+$/.test(a) && /^-?\d+$/.test(b) ? Number(a) - Number(b) : a < b ? -1 : 1,
  );
}

/** How a text key of the `caller` subjects stands in this gateway's ledger. */
export function hashedCaller(gateway: TestGateway, key: string): string {
  return hashTextKey(deriveSubjectKey(gateway.keys.masterKey), "caller", key);
}
