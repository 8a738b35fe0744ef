/** Subjects with their strata, compared with what columns hold: only what has changed is inserted. */
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Columns } from "../columns/columns.ts";
import { putStratum } from "../columns/encode.ts";
import { number32 } from "../columns/numbers.ts";
import { heldStrata } from "../columns/queries/strata.ts";
import type { SubjectKey } from "../columns/rows.ts";
import { type NamedStratum, namedStratum } from "../columns/stratum.ts";
import { TsvWriter } from "../columns/tsv.ts";
import type { StrataConfig } from "../config/config.ts";
import { subjectOfText } from "../shipping/subject-columns.ts";
import type { StrataPage } from "./strata-database.ts";

export interface StrataStores {
  readonly columns: Columns;
  /** Keeps the names before columns hold their numbers. */
  readonly learn: (strata: readonly NamedStratum[]) => Promise<void>;
  /** Of keys-block.ts: what text keys are hashed with. */
  readonly subjectKey: Uint8Array;
  /** UTC epoch milliseconds. */
  readonly nowMs: () => number;
}

export interface StrataFilled {
  readonly subjects: number;
  /** Of them, those of whom columns did not have this. */
  readonly changed: number;
}

/**
 * Brings columns up to date with a kind's subjects. In memory is one run of {@link LIMITS.strataRunSubjects}: integer and
 * uuid keys come in the order of columns, so columns are read once in all; hashes do not, and columns are read once for
 * every run. Subjects that are gone from the database keep what they had: who saw them is still asked.
 * @throws WhosawError CATALOG_MISMATCH if a column is none that sorts, STORE_MISMATCH, of columns, state and `pages`
 */
export async function fillStrata(
  strata: StrataConfig,
  pages: AsyncIterable<StrataPage>,
  stores: StrataStores,
): Promise<StrataFilled> {
  const names = new StratumNames(strata);
  let run = new Map<string, Subject>();
  let subjects = 0;
  let changed = 0;
  const flush = async (): Promise<void> => {
    await stores.learn(names.takeNew());
    changed += await insertChanged(number32(strata.kind), run, stores);
    subjects += run.size;
    run = new Map();
  };
  for await (const { keyType, rows } of pages) {
    for (const [key, ...values] of rows) {
      const subject = subjectOfText(strata.kind, keyType, key, stores.subjectKey);
      run.set(placeOf(subject), { ...subject, stratum: names.numberOf(values), heldMs: -1, held: undefined });
    }
    if (run.size >= LIMITS.strataRunSubjects) await flush();
  }
  await flush();
  return { subjects, changed };
}

/** A subject as the database has it, and the latest that columns have of it. */
interface Subject extends SubjectKey {
  readonly stratum: number;
  held: number | undefined;
  heldMs: number;
}

async function insertChanged(
  kind: number,
  run: ReadonlyMap<string, Subject>,
  { columns, nowMs }: StrataStores,
): Promise<number> {
  if (run.size === 0) return 0;
  const [from, to] = ends(run.values());
  for await (const rows of heldStrata(columns, kind, from, to)) {
    for (const row of rows) {
      const subject = run.get(placeOf(row));
      if (subject === undefined || row.atMs < subject.heldMs) continue;
      subject.held = row.stratum;
      subject.heldMs = row.atMs;
    }
  }
  const into = new TsvWriter();
  for (const { subject, subject2, stratum, held, heldMs } of run.values()) {
    if (stratum === held) continue;
    // The latest counts, also after a clock was set back.
    putStratum(into, { kind, subject, subject2, stratum, atMs: Math.max(nowMs(), heldMs + 1) });
  }
  const { rows } = into;
  if (rows > 0) await columns.insert("strata", into.take());
  return rows;
}

function ends(subjects: Iterable<Subject>): [from: bigint, to: bigint] {
  let from: bigint | undefined;
  let to: bigint | undefined;
  for (const { subject } of subjects) {
    if (from === undefined || subject < from) from = subject;
    if (to === undefined || subject > to) to = subject;
  }
  return [from ?? 0n, to ?? 0n];
}

function placeOf({ subject, subject2 }: Pick<SubjectKey, "subject" | "subject2">): string {
  return `${subject} ${subject2}`;
}

/** Strata that have been met. Few: what has many values tells people apart and does not sort them. */
class StratumNames {
  readonly #strata: StrataConfig;
  readonly #names: readonly string[];
  readonly #numbers = new Map<string, number>();
  #new: NamedStratum[] = [];

  constructor(strata: StrataConfig) {
    this.#strata = strata;
    this.#names = [...strata.columns.keys()];
  }

  /** @throws WhosawError CATALOG_MISMATCH */
  numberOf(values: readonly (string | null)[]): number {
    const key = JSON.stringify(values);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (values.some((value) => value !== null && value.length > LIMITS.stratumValueCharsMax)) {
      throw this.#noStratum(`a value is longer than ${LIMITS.stratumValueCharsMax} characters`);
    }
    if (this.#numbers.size === LIMITS.strataOfKindMax) {
      throw this.#noStratum(`their values make more than ${LIMITS.strataOfKindMax} groups`);
    }
    const stratum = namedStratum(this.#strata.kind, this.#names, values);
    this.#numbers.set(key, stratum.number);
    this.#new.push(stratum);
    return stratum.number;
  }

  takeNew(): readonly NamedStratum[] {
    const taken = this.#new;
    this.#new = [];
    return taken;
  }

  #noStratum(why: string): WhosawError {
    const { kind, table, columns } = this.#strata;
    return new WhosawError(
      "CATALOG_MISMATCH",
      `The strata of ${kind} are no groups: in ${[...columns.values()].join(", ")} of ${table} ${why}.`,
      { hint: "Choose columns with few values, such as country or language, and take the others out of strata:." },
    );
  }
}
