/** What is asked about a copy once its rows have been matched, of whoever has columns open: keys and counts, no values. */
import * as z from "zod";
import { LIMITS } from "../base/limits.ts";
import type { Columns } from "../columns/columns.ts";
import { number32 } from "../columns/numbers.ts";
import { coverage, type SubjectSet } from "../columns/queries/coverage.ts";
import { Names } from "../columns/queries/names.ts";
import type { LogWindow, Window } from "../columns/queries/sightings.ts";
import type { SubjectKey } from "../columns/rows.ts";
import { compareCopy, type Comparison, type CopyCandidate, type CopyStatement } from "./compare/compare.ts";
import { partOf } from "./compare/sample.ts";
import type { FoundCopy } from "./found.ts";

/** `4711`, or both halves of 16 bytes: `-12:34`. */
const key = z.string().regex(/^-?\d{1,19}(?::-?\d{1,19})?$/u);
const half = z.string().regex(/^-?\d{1,19}$/u);
const subjectKeys = z.array(key).max(LIMITS.foundComparedMax);
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const name = z.string().min(1).max(LIMITS.controlNameCharsMax);

export const foundQuestion = z.strictObject({
  by: z.string().regex(/^[\w:.@-]{1,100}$/u),
  /** Of the file. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/u),
  kind: name,
  keyType: count,
  /** Distinct subjects, decoys left out. */
  keys: subjectKeys,
  decoys: subjectKeys,
  /** Distinct subjects of the copy: keys may be some of them. */
  subjects: count,
  /** Stretches of keys that are weighed; none: all. */
  ranges: z.array(z.tuple([half, half])).max(LIMITS.foundStretchesMax),
  /** Subjects there are in these, or in all, as far as the database says. */
  subjectsInAll: count,
  /** The copy was made before this time; UTC epoch milliseconds. */
  toMs: z.number().int(),
  /** By actor id, in place of the roles of the register. */
  teams: z.record(name, name).optional(),
});
export type FoundQuestion = z.infer<typeof foundQuestion>;

/** A statement that showed part of a copy. */
export interface FoundStatement extends CopyStatement {
  /** `ORIGIN/index` of the login; absent where the ledger cannot say any more, as `fields` is. */
  readonly session?: string;
  /** Columns behind their tables that it showed in clear, sorted. */
  readonly fields?: readonly string[];
}

export interface FoundTold extends Omit<Comparison, "candidates"> {
  /** Best first. */
  readonly candidates: readonly (Omit<CopyCandidate, "statements"> & {
    /** Best first. */
    readonly statements: readonly FoundStatement[];
  })[];
  /** Whom the decoys of the copy were shown, before any other evidence. */
  readonly decoysShownTo: readonly { readonly actor: string; readonly decoys: number }[];
  /** Entries of the ledger that columns do not have yet: what they showed is not counted. */
  readonly behind: number;
}

/** What stands beside the question where it is answered. */
export interface FoundPlace {
  /** Of the actors that may sign in, by id. */
  readonly roles: ReadonlyMap<string, string>;
  readonly windows: readonly LogWindow[];
}

/** @throws WhosawError COLUMNS_UNREACHABLE, COLUMNS_FAILED */
export async function foundOut(
  columns: Columns,
  { roles, windows }: FoundPlace,
  question: Omit<FoundQuestion, "by">,
): Promise<Omit<FoundTold, "behind">> {
  const setOf = (of: readonly string[]): SubjectSet => ({
    kind: number32(question.kind),
    keyType: question.keyType,
    keys: of.map((text) => keyOfText(text, question.keyType)),
    ranges: [],
  });
  const set = setOf(question.keys);
  const window = { toMs: question.toMs, logs: windows };
  const teamOf = question.teams === undefined ? roles : new Map(Object.entries(question.teams));
  const comparison = await compareCopy(columns, set, window, {
    weighed: partOf(
      set,
      question.ranges.map(([from, to]) => [BigInt(from), BigInt(to)]),
    ),
    subjects: question.subjectsInAll,
    teamOf,
    actorsInAll: Math.max(roles.size, teamOf.size),
  });
  return { ...comparison, decoysShownTo: await shownDecoys(columns, setOf(question.decoys), window) };
}

async function shownDecoys(columns: Columns, set: SubjectSet, window: Window): Promise<FoundTold["decoysShownTo"]> {
  if (set.keys.length === 0) return [];
  const { byActor } = await coverage(columns, set, [], window);
  const nameOf = await new Names(columns).of("actors", byActor.keys());
  return [...byActor]
    .map(([actor, { covered }]) => ({ actor: nameOf(actor), decoys: covered }))
    .sort((a, b) => b.decoys - a.decoys);
}

/** What is asked about a copy. @param asked who asks, until when the copy was made, and teams that stand for roles */
export function questionOf(
  { sha256, compared }: FoundCopy,
  asked: Pick<FoundQuestion, "by" | "toMs" | "teams">,
): FoundQuestion {
  const { keys, decoys, ranges, ...counts } = compared;
  return {
    ...asked,
    ...counts,
    sha256,
    keys: keys.map(keyAsText),
    decoys: decoys.map(keyAsText),
    ranges: ranges.map(([from, to]) => [String(from), String(to)]),
  };
}

/** As it goes over the socket. */
function keyAsText({ subject, subject2 }: SubjectKey): string {
  return subject2 === 0n ? String(subject) : `${subject}:${subject2}`;
}

function keyOfText(text: string, keyType: number): SubjectKey {
  const [subject = "0", subject2 = "0"] = text.split(":");
  return { keyType, subject: BigInt(subject), subject2: BigInt(subject2) };
}

/** Named in one entry: more are in the next. */
const NAMED_PER_ENTRY = 50;

/** The entries that say who looked: which file, how many subjects, and everybody whom the answer names. */
export function foundLooks(
  { sha256, kind, subjects }: Pick<FoundQuestion, "sha256" | "kind" | "subjects">,
  { candidates, hypotheses, decoysShownTo }: Pick<FoundTold, "candidates" | "hypotheses" | "decoysShownTo">,
): { command: string; target: string; results: number }[] {
  const all = [...candidates, ...decoysShownTo].map(({ actor }) => actor);
  const named = [...new Set([...all, ...hypotheses.flatMap(({ actors }) => actors)])];
  return Array.from({ length: Math.max(1, Math.ceil(named.length / NAMED_PER_ENTRY)) }, (_, entry) => {
    const shown = named.slice(entry * NAMED_PER_ENTRY, (entry + 1) * NAMED_PER_ENTRY).join(",");
    const target = `file:sha256:${sha256} ${kind}:${subjects} shown:${shown === "" ? "nobody" : shown}`;
    return { command: "trace --found", target: target.slice(0, LIMITS.controlTargetCharsMax), results: subjects };
  });
}
