/** A copy of data that was found, from its bytes to the subjects that it is about. */
import { createHash } from "node:crypto";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { KeyRange } from "../columns/queries/coverage.ts";
import { KEY_TYPES, type SubjectKey } from "../columns/rows.ts";
import type { Config } from "../config/config.ts";
import { subjectOfText } from "../shipping/subject-columns.ts";
import { shareOfHashes, stretchesOf } from "./compare/sample.ts";
import { MatchDatabase } from "./match/database.ts";
import { type MatchedCopy, Matching } from "./match/match.ts";
import { planTable } from "./match/plan.ts";
import type { MatchTable } from "./match/tables.ts";
import { type CopyBatch, type CopyRead, nothingRead, readCopy } from "./read/read.ts";

export interface FoundCopy {
  /** Of the file's bytes, hex. */
  readonly sha256: string;
  readonly read: CopyRead;
  readonly match: MatchedCopy;
  readonly compared: ComparedSubjects;
  /** Tables of whosaw.yaml that could not be asked. */
  readonly leftOut: readonly string[];
}

export interface FoundOptions {
  /** Of subject; the one that fits best if left out. */
  readonly kind?: string | undefined;
  /** Keys of subjects that were invented, as the database spells them. */
  readonly decoys: ReadonlySet<string>;
  /** Of keys-block.ts: what text keys are hashed with. */
  readonly subjectKey: Uint8Array;
  readonly onProgress?: (rows: number) => void;
}

/**
 * Matches a copy with the protected database. Nothing of its values is kept, told or written.
 * @throws WhosawError COPY_UNREADABLE, CATALOG_MISMATCH where no table can be asked, UPSTREAM_UNREACHABLE, UPSTREAM_LOST
 */
export async function matchCopy(
  config: Config,
  chunks: AsyncIterable<Uint8Array>,
  options: FoundOptions,
): Promise<FoundCopy> {
  const database = await MatchDatabase.connect(config);
  try {
    const leftOut: string[] = [];
    const tables = await database.tables(config, (table) => leftOut.push(table));
    const { kind, onProgress } = options;
    const kinds = byKind(tables, kind);
    const hash = createHash("sha256");
    const read = nothingRead();
    let matching: Matching | undefined;
    for await (const batch of readCopy(hashed(chunks, hash), read)) {
      matching ??= await chosen(database, kinds, batch);
      await matching.put(batch);
      onProgress?.(read.rows);
    }
    matching ??= startMatching(database, kinds[0]);
    const match = await matching.end();
    const compared = await comparedSubjects(database, match, options);
    return { read, match, compared, leftOut, sha256: hash.digest("hex") };
  } finally {
    await database.close();
  }
}

type KindTables = readonly [kind: string, tables: readonly MatchTable[]];

function byKind(tables: readonly MatchTable[], only: string | undefined): readonly KindTables[] {
  const kinds = new Map<string, MatchTable[]>();
  for (const table of tables) {
    if (only === undefined || table.kind === only) kinds.set(table.kind, [...(kinds.get(table.kind) ?? []), table]);
  }
  if (kinds.size > 0) return [...kinds];
  throw new WhosawError(
    "CATALOG_MISMATCH",
    `No table says who ${only === undefined ? "subjects are" : `a ${only} is`}: none with fields of class identity, contact or ticket can be asked.`,
    { hint: "Give such fields their class in whosaw.yaml, and see with whosaw check that they can be read." },
  );
}

/** The kind that the first rows are about. */
async function chosen(database: MatchDatabase, kinds: readonly KindTables[], { rows }: CopyBatch): Promise<Matching> {
  let best = kinds[0];
  let most = 0;
  for (const of of kinds.length > 1 ? kinds : []) {
    const { sources, comparisons } = await planTable(database, of[1], rows);
    if (sources.length + comparisons.length > most) [best, most] = [of, sources.length + comparisons.length];
  }
  return startMatching(database, best);
}

function startMatching(database: MatchDatabase, of: KindTables | undefined): Matching {
  const [kind = "", tables = []] = of ?? [];
  return new Matching(database, kind, tables);
}

async function* hashed(
  chunks: AsyncIterable<Uint8Array>,
  hash: { update(bytes: Uint8Array): unknown },
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

export interface ComparedSubjects {
  readonly kind: string;
  readonly keyType: number;
  readonly keys: readonly SubjectKey[];
  readonly decoys: readonly SubjectKey[];
  /** Distinct subjects of the copy without decoys: keys may be some of them. */
  readonly subjects: number;
  /** What is weighed of them; none: all. */
  readonly ranges: readonly KeyRange[];
  /** Subjects of the database in the ranges, or in all. */
  readonly subjectsInAll: number;
}

/**
 * The subjects as columns have them, decoys apart. Of more than {@link LIMITS.foundComparedMax} every so manieth is taken, in the order of
 * their keys: that is the same for the same copy, and no sort of customer comes off better.
 * @param decoys keys as the database spells them
 * @param subjectKey of keys-block.ts: what text keys are hashed with
 */
async function comparedSubjects(
  database: MatchDatabase,
  { kind, keyType, keys, people, subjectsInAll }: MatchedCopy,
  { decoys, subjectKey }: Pick<FoundOptions, "decoys" | "subjectKey">,
): Promise<ComparedSubjects> {
  const subjectOf = (key: string): SubjectKey => subjectOfText(kind, keyType, key, subjectKey);
  const real = [...keys].filter((key) => !decoys.has(key)).sort();
  const step = Math.max(1, real.length / LIMITS.foundComparedMax);
  const taken = Array.from({ length: Math.floor(real.length / step) }, (_, i) =>
    subjectOf(real[Math.floor(i * step)] ?? ""),
  );
  const ranges = stretchesOf(taken, subjectsInAll);
  return {
    kind,
    keyType,
    keys: taken,
    decoys: [...keys]
      .filter((key) => decoys.has(key))
      .slice(0, LIMITS.foundComparedMax)
      .map(subjectOf),
    subjects: real.length,
    ranges,
    subjectsInAll: await subjectsIn(database, { keyType, people, subjectsInAll }, ranges),
  };
}

async function subjectsIn(
  database: MatchDatabase,
  { keyType, people, subjectsInAll }: Pick<MatchedCopy, "keyType" | "people" | "subjectsInAll">,
  ranges: readonly KeyRange[],
): Promise<number> {
  if (ranges.length === 0) return subjectsInAll;
  if (people === undefined || keyType === KEY_TYPES.text) return Math.round(subjectsInAll * shareOfHashes(ranges));
  return database.subjectsBetween(
    people,
    keyType === KEY_TYPES.int ? ranges.map(([from, to]) => [String(from), String(to)]) : ranges.flatMap(uuidsBetween),
  );
}

const HALF_ZERO = "0".repeat(16);
const HALF_FULL = "f".repeat(16);

/** First halves of uuids, which columns have with a sign and the database without. */
function uuidsBetween([from, to]: KeyRange): (readonly [string, string])[] {
  const hex = (half: bigint): string => BigInt.asUintN(64, half).toString(16).padStart(16, "0");
  const [after, before] = [hex(from) + HALF_FULL, hex(to) + HALF_ZERO];
  return from < 0n && to > 0n
    ? [
        [after, HALF_FULL + HALF_FULL],
        [HALF_ZERO + HALF_ZERO, before],
      ]
    : [[after, before]];
}
