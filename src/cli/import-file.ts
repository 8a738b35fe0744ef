/** `whosaw import FILE`: what is in it, whether that can be imported, and how far it has come. */
import { basename, resolve } from "node:path";
import { WhosawError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import { actorIds, findActors } from "../imports/actors.ts";
import { detectFormat, type Format, formatNamed, FORMATS } from "../imports/formats.ts";
import { type Imported, importFile, importOf } from "../imports/import-file.ts";
import { readMapping } from "../imports/mapping-file.ts";
import type { KeyType } from "../imports/prepared.ts";
import { readStart, type ReadProgress } from "../imports/read-rows.ts";
import type { RowSetting } from "../imports/row.ts";
import { assertSound, type Survey, surveyFile } from "../imports/survey.ts";
import { createKeys, type LedgerKeys, loadKeys } from "../ledger/keys-file.ts";
import { ledgerStarted } from "../ledger/started.ts";
import { asker } from "./answers.ts";
import type { Invocation } from "./command.ts";

const CLASSES = ["identity", "contact", "content", "secret", "ticket", "other"];

/** @throws WhosawError USAGE, IMPORT_INVALID, and as importFile */
export async function importHere(invocation: Invocation, config: Config, file: string): Promise<void> {
  const path = resolve(invocation.context.cwd, file);
  const format = await formatOf(invocation, path);
  const setting = await settingOf(invocation, config, format);
  const keyType = invocation.option("key") as KeyType | undefined;
  const progress = progressIn(invocation);
  const survey = await surveyFile(path, format, setting, { keyType, onProgress: progress("read") });
  assertSound(survey, basename(file));
  const mapping = await mappingOf(invocation, "actors", "actor");
  const found = await findActors(config.actors.file, survey.actors, mapping);
  if (invocation.flag("dry-run")) {
    const started = await ledgerStarted(config.ledger);
    const before = started ? await importOf(config, await loadKeys(config.ledger.keys), survey.sha256) : undefined;
    const already = before?.rows !== undefined;
    say(invocation, format, survey, found.unknown.length, { dryRun: true, already, import: before?.number ?? null });
    return;
  }
  const keys = await keysOf(config);
  const actors = (): ReturnType<typeof actorIds> => actorIds(config.actors.file, survey.actors, found);
  const importing = { path, format, setting, keyType, survey, config, keys, by: asker(), actors };
  const done = await importFile({ ...importing, onProgress: progress("imported") });
  say(invocation, format, survey, found.unknown.length, done);
}

/** Whoever has no gateway begins with an import. Keys that are lost are not made anew. */
async function keysOf({ ledger }: Config): Promise<LedgerKeys> {
  return (await ledgerStarted(ledger)) ? loadKeys(ledger.keys) : createKeys(ledger.keys);
}

async function formatOf(invocation: Invocation, path: string): Promise<Format> {
  const named = invocation.option("format");
  const format = named === undefined ? detectFormat(await readStart(path)) : formatNamed(named);
  if (format !== undefined) return format;
  throw new WhosawError("IMPORT_INVALID", `${basename(path)} does not begin as any format that is known.`, {
    hint: "docs/importing.md has the formats; --format names one.",
  });
}

async function settingOf(invocation: Invocation, config: Config, format: Format): Promise<RowSetting> {
  const { subjects: classified } = config.classification;
  const kinds = Object.keys(classified);
  const kind = invocation.option("kind") ?? kinds[0] ?? "";
  if (!kinds.includes(kind))
    throw new WhosawError("USAGE", "whosaw.yaml has no such kind of subject.", {
      hint: `Kinds there: ${kinds.join(", ")}.`,
    });
  const fields = new Set(CLASSES);
  for (const { tables } of Object.values(classified))
    for (const [table, { fields: columns }] of Object.entries(tables))
      for (const [column, name] of Object.entries(columns)) fields.add(`${table}.${column}`).add(name);
  return {
    kinds: [kind, ...kinds.filter((other) => other !== kind)],
    fields,
    defaultFields: listOf(invocation.option("fields"), fields) ?? FORMATS[format].fields,
    subjects: await mappingOf(invocation, "subjects", "subject"),
    nowMs: Date.now(),
  };
}

function listOf(text: string | undefined, known: ReadonlySet<string>): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const names = [...new Set(text.split(/[\s,;]+/u).filter((name) => name !== ""))].sort();
  if (names.length > 0 && names.every((name) => known.has(name))) return names;
  throw new WhosawError("USAGE", "--fields names something that is neither a class nor a protected column.", {
    hint: `Classes are ${CLASSES.join(", ")}; a column stands behind its table, as support.customers.email.`,
  });
}

async function mappingOf(
  invocation: Invocation,
  option: string,
  column: "subject" | "actor",
): Promise<ReadonlyMap<string, string> | undefined> {
  const file = invocation.option(option);
  return file === undefined ? undefined : readMapping(resolve(invocation.context.cwd, file), column);
}

/** Between two lines of progress. */
const PROGRESS_MS = 1_000;

function progressIn({ output }: Invocation): (what: string) => (progress: ReadProgress) => void {
  let saidMs = Date.now();
  return (what) =>
    ({ bytes, size }) => {
      if (Date.now() - saidMs < PROGRESS_MS) return;
      saidMs = Date.now();
      output.note(`${what} ${Math.floor((100 * bytes) / Math.max(1, size))} % of ${megabytes(size)}`);
    };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;
}

type Done = Imported | { readonly dryRun: true; readonly already: boolean; readonly import: number | null };

function say({ output }: Invocation, format: Format, survey: Survey, unknownActors: number, done: Done): void {
  const { rows, grades, unnamed, ignored, actors, firstMs, lastMs } = survey;
  const [first, last] = [firstMs, lastMs].map((ms) => (ms === undefined ? null : new Date(ms).toISOString()));
  const known = "known" in done ? done.known : null;
  const counts = { rows, added: known === null ? null : rows - known, known, grades, unnamed, ignored };
  const people = { actors: actors.size, unknownActors };
  output.result({ ...done, format, ...counts, ...people, first, last }, () =>
    [headOf(done, rows), ...linesOf(survey, unknownActors)].join("\n"),
  );
}

function headOf(done: Done, rows: number): string {
  if (done.already)
    return `This file was imported before, as import ${done.import}: nothing ${"dryRun" in done ? "would be" : "was"} added.`;
  if ("dryRun" in done) {
    const rest = done.import === null ? "" : `, and goes on with import ${done.import}, which was broken off`;
    return `${count(rows)} rows can be imported${rest}. Nothing was written.`;
  }
  const known = done.known === 0 ? "" : `; ${count(done.known)} were in the ledger already`;
  return `Import ${done.import}: ${count(rows - done.known)} rows added${known}.`;
}

function linesOf({ grades, unnamed, ignored, actors, firstMs, lastMs }: Survey, unknownActors: number): string[] {
  const lines = [
    `  exact ${count(grades.exact)}, page-level ${count(grades["page-level"])}, possible ${count(grades.possible)}`,
    `  ${count(actors.size)} actors, ${count(unknownActors)} of whom the register did not know`,
  ];
  if (firstMs !== undefined && lastMs !== undefined)
    lines.push(`  from ${new Date(firstMs).toISOString()} to ${new Date(lastMs).toISOString()}`);
  if (unnamed > 0) lines.push(`  ${count(unnamed)} pages of which nobody knows whom they showed: they count as opaque`);
  if (ignored > 0) lines.push(`  ${count(ignored)} further lines show nobody`);
  return lines;
}

function count(number: number): string {
  return number.toLocaleString("en");
}
