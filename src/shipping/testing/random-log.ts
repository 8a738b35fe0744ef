/** Logs of all that can stand in one, from a seed: what the agreement of columns and ledger is tried on. */
import { join } from "node:path";
import { DAY_MS } from "../../base/clock.ts";
import type { ActorId, DisclosureBlock, Entry } from "../../ledger/entry.ts";
import { encodeTimes } from "../../ledger/imported-times.ts";
import {
  decodeKeys,
  deriveSubjectKey,
  encodeIntKeys,
  encodeTextKeys,
  encodeUuidKeys,
  hashTextKey,
} from "../../ledger/keys-block.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { openLedger } from "../../ledger/log.ts";
import { seeded } from "../../ledger/testing/rig.ts";
import type { LogSource } from "../batch-reader.ts";

export const MASTER_KEY: Buffer = Buffer.alloc(32, 7);
export const ACTORS: readonly ActorId[] = [
  "staff:11111111-2222-3333-4444-555555555555",
  "staff:ffffffff-2222-3333-4444-555555555555",
  "svc:helpdesk",
];
export const KINDS = ["customer", "employee"];
/** Keys as people type them; some mean another subject in each type of key. */
export const KEYS = ["0", "-5", "3", "12", String(2n ** 60n), "alice@example", "0a1b2c3d-0000-4000-8000-00000000000f"];
const UUIDS = [...KEYS.slice(-1), "ffffffff-0000-4000-8000-000000000001", "7fffffff-0000-4000-ffff-000000000001"];
const FIELDS = ["email", "name", "phone", "tab\there"];
const START_MS = Date.UTC(2026, 10, 21, 12);

/** What whosaw.yaml says of the tables in these logs. */
export const RULES = {
  subjects: {
    customer: {
      tables: {
        "support.customers": { key: { column: "id" }, nullable: false, fields: { name: "identity" }, public: [] },
      },
    },
  },
} as const;

/** Draws from a seed. */
class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  one<T>(of: readonly T[]): T {
    return of[this.below(of.length)] as T;
  }

  some<T>(of: readonly T[]): T[] {
    return of.filter(() => this.below(2) === 0);
  }
}

/**
 * Writes a log of about `steps` entries below `root`.
 * @param crossingDays whether the clock leaps over midnight now and then
 */
export async function writeRandomLog(
  root: string,
  { seed, steps, crossingDays, name = "gw-1" }: { seed: number; steps: number; crossingDays: boolean; name?: string },
): Promise<LogSource> {
  const dice = new Dice(seed);
  const clock = { ms: START_MS, nowMs: () => clock.ms };
  const source = { dir: join(root, name), origin: `test.example/${name}`, masterKey: MASTER_KEY };
  const ledger = await openLedger({
    ...source,
    logSeed: Buffer.alloc(32, 1),
    clock,
    witness: undefined,
    sessionCount: () => 0,
    onHealth: () => undefined,
    onFatal: (error) => {
      throw error;
    },
    unsafeSkipSyncForBench: true,
  });
  const writing = new Writing(ledger, dice);
  for (let step = 0; step < steps; step += 1) {
    clock.ms += dice.below(crossingDays && dice.below(10) === 0 ? DAY_MS : 1_000);
    await writing.step();
  }
  await ledger.close();
  return source;
}

/**
 * Writes a log of imports below `root`: rows of several months, in any order, one import of them undone.
 */
export async function writeRandomImports(root: string, seed: number, name: string): Promise<LogSource> {
  const dice = new Dice(seed);
  const clock = { ms: START_MS, nowMs: () => clock.ms };
  const source = {
    dir: join(root, name),
    origin: `test.example/${name}`,
    masterKey: MASTER_KEY,
    imports: true,
  } as const;
  const ledger = await openLedger({
    ...source,
    logSeed: Buffer.alloc(32, 1),
    clock,
    witness: undefined,
    sessionCount: () => 0,
    onHealth: () => undefined,
    onFatal: (error) => {
      throw error;
    },
    unsafeSkipSyncForBench: true,
  });
  const append = async (entry: Entry): Promise<number> => (await ledger.append(entry)).firstIndex;
  const numbers: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    numbers.push(await append({ kind: "import", file: `0${i}`, format: "csv", by: "uid:0", continues: undefined }));
    const writing = new Writing(ledger, dice);
    for (let step = 0; step < 25; step += 1) await writing.importStep();
    clock.ms += DAY_MS;
  }
  await append({ kind: "import-undone", import: numbers[1] ?? 0, by: "uid:0" });
  await ledger.close();
  return source;
}

class Writing {
  readonly #ledger: Ledger;
  readonly #dice: Dice;
  readonly #forms: number[] = [];
  /** Statements that have not ended. */
  readonly #open: number[] = [];

  constructor(ledger: Ledger, dice: Dice) {
    this.#ledger = ledger;
    this.#dice = dice;
  }

  async step(): Promise<void> {
    const what = this.#dice.below(10);
    if (this.#forms.length === 0 || what === 0) this.#forms.push(await this.#append(this.#form()));
    else if (what === 1) await this.#append({ kind: "heartbeat", sessions: 3 });
    else if (what < 5 && this.#open.length > 0) await this.#append(this.#disclosure());
    else await this.#statement();
  }

  async importStep(): Promise<void> {
    const dice = this.#dice;
    if (this.#forms.length === 0 || dice.below(8) === 0) this.#forms.push(await this.#append(this.#form()));
    const keys = dice.below(5) === 0 ? undefined : this.#keys();
    const count = keys === undefined ? 1 + dice.below(3) : decodeKeys(keys).keys.length;
    await this.#append({
      kind: "imported",
      form: dice.one(this.#forms),
      actor: dice.one(ACTORS),
      grade: dice.one(["exact", "page-level", "possible"]),
      page: dice.below(2) === 0,
      // About the middle of the questions' windows, and months before.
      atMs: START_MS - dice.below(3) * 40 * DAY_MS + dice.below(60_000),
      keys,
      after: encodeTimes(Array.from({ length: count }, () => dice.below(60_000))),
    });
  }

  async #append(entry: Entry): Promise<number> {
    return (await this.#ledger.append(entry)).firstIndex;
  }

  #form(): Entry {
    const dice = this.#dice;
    const uses = Array.from({ length: dice.below(4) }, () => ({
      table: dice.one(["support.customers", "support.tickets", 'odd."na\\me"']),
      subjectKind: dice.one([...KINDS, ""]),
      clear: dice.below(3) === 0 ? ["name"] : dice.some(FIELDS),
      masked: dice.below(3) === 0 ? dice.some(FIELDS) : [],
      predicate: dice.some(FIELDS),
    }));
    return { kind: "form", fingerprint: "00ff", text: `select ${dice.below(3)}\n`, uses, scope: dice.below(2) === 0 };
  }

  async #statement(): Promise<void> {
    const dice = this.#dice;
    const ended = dice.below(2) === 0;
    const index = await this.#append({
      kind: "statement",
      actor: dice.one(ACTORS),
      session: 0,
      form: dice.one(this.#forms),
      decision: dice.one(["accounted", "accounted", "opaque"]),
      ticket: dice.one([undefined, "T-1", "T\t2\\"]),
      reason: dice.one([undefined, "routed-ticket"]),
      policy: Buffer.alloc(4),
      blocks: this.#blocks(),
      outcome: ended ? { rows: 1, sqlstate: undefined } : undefined,
    });
    if (!ended) this.#open.push(index);
  }

  #disclosure(): Entry {
    return {
      kind: "disclosure",
      statement: this.#dice.one(this.#open),
      blocks: this.#blocks(),
      outcome: undefined,
    };
  }

  /** Also of uses that the form has not, and several of one use. */
  #blocks(): DisclosureBlock[] {
    return Array.from({ length: this.#dice.below(4) }, () => ({ use: this.#dice.below(4), keys: this.#keys() }));
  }

  #keys(): Uint8Array {
    const dice = this.#dice;
    const type = dice.below(4);
    if (type === 0) return encodeUuidKeys(dice.some(UUIDS));
    if (type === 1) {
      const key = deriveSubjectKey(MASTER_KEY);
      return encodeTextKeys(dice.some(KEYS).map((text) => hashTextKey(key, dice.one(KINDS), text)));
    }
    if (type === 2) return encodeIntKeys(dice.some([0n, -5n, 3n, 12n, 2n ** 60n, -(2n ** 63n), 2n ** 63n - 1n]));
    return encodeIntKeys(dice.some([-5, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
  }
}
