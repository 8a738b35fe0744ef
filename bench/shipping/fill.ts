/** A log full of look-ups, written as fast as a ledger goes: many statements in each commit group. */
import { join } from "node:path";
import { systemClock } from "../../src/base/clock.ts";
import type { ActorId, Entry } from "../../src/ledger/entry.ts";
import { encodeIntKey } from "../../src/ledger/keys-block.ts";
import type { EntrySource, GroupBuilder, Ledger } from "../../src/ledger/ledger.ts";
import { openLedger } from "../../src/ledger/log.ts";
import type { LogSource, RowRules } from "../../src/shipping/batch-reader.ts";

const ORIGIN = "bench.example/gw-1";
const MASTER_KEY: Uint8Array = new Uint8Array(32).fill(1);
/** Customers of the whole database, actors of a helpdesk of that size, shapes of statement in an application. */
const CUSTOMERS = 12_000_000;
const ACTORS = 400;
const FORMS = 60;
const STATEMENTS_PER_GROUP = 2_000;
const POLICY = new Uint8Array(16).fill(0xab);

const FORM_ENTRIES: readonly (Entry & { kind: "form" })[] = Array.from({ length: FORMS }, (_, i) => ({
  kind: "form",
  fingerprint: i.toString(16).padStart(16, "0"),
  text: `SELECT id, name, email, phone FROM support.customers WHERE id = $1 AND ${i} = ${i}`,
  uses: [
    { table: "support.customers", subjectKind: "customer", clear: ["email", "name"], masked: [], predicate: ["id"] },
  ],
  scope: false,
}));

/** Opens a log in `root`. @param sync false to fill it quickly, where only reading it is measured */
export function openBenchLog(root: string, sync: boolean): Promise<Ledger> {
  return openLedger({
    dir: join(root, "log"),
    origin: ORIGIN,
    logSeed: new Uint8Array(32).fill(2),
    masterKey: MASTER_KEY,
    clock: systemClock,
    witness: undefined,
    sessionCount: () => 0,
    onHealth: () => undefined,
    onFatal: (error) => {
      throw error;
    },
    unsafeSkipSyncForBench: !sync,
  });
}

/** The log in `root` as shipping is given it. */
export function benchSource(root: string): LogSource {
  return { dir: join(root, "log"), origin: ORIGIN, masterKey: MASTER_KEY };
}

/** What whosaw.yaml would say. */
export const RULES: RowRules = {
  subjects: {
    customer: {
      tables: {
        "support.customers": {
          key: { column: "id" },
          nullable: false,
          fields: { name: "identity", email: "contact", phone: "contact" },
          public: [],
        },
      },
    },
  },
};

function actorOf(number: number): ActorId {
  return `staff:${number.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;
}

/** Appends one look-up. */
function addLookUp(group: GroupBuilder, random: () => number): void {
  const form = FORM_ENTRIES[Math.floor(random() * FORMS)] as (typeof FORM_ENTRIES)[number];
  group.add({
    kind: "statement",
    actor: actorOf(Math.floor(random() * ACTORS)),
    session: 0,
    form: group.form(form, () => form),
    decision: "accounted",
    ticket: `T-${Math.floor(random() * 1_000_000)}`,
    reason: undefined,
    policy: POLICY,
    blocks: [{ use: 0, keys: encodeIntKey(1 + Math.floor(random() * CUSTOMERS)) }],
    outcome: { rows: 1, sqlstate: undefined },
  });
}

/** Appends that many look-ups, one group after the other. */
export async function fill(ledger: Ledger, statements: number): Promise<void> {
  for (let left = statements; left > 0; left -= STATEMENTS_PER_GROUP)
    await appendLookUps(ledger, Math.min(left, STATEMENTS_PER_GROUP));
}

/** Appends look-ups in one group. @returns the index behind the last, once they are on stable storage */
export function appendLookUps(ledger: Ledger, statements: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const source: EntrySource = {
      drain: (group) => {
        for (let i = 0; i < statements; i += 1) addLookUp(group, Math.random);
      },
      durable: ({ lastIndex }) => resolve(lastIndex + 1),
      failed: reject,
    };
    ledger.enlist(source);
  });
}
