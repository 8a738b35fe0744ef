/**
 * One file into the log, twice read: the first time to see that all of it can be understood, the second to write it.
 * Every row is written once, however often files with it are imported, and whatever breaks off in the middle.
 */
import { basename } from "node:path";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Config } from "../config/config.ts";
import { importLog } from "../config/gateways.ts";
import type { ActorId } from "../ledger/entry.ts";
import { type Import, importsIn } from "../ledger/imports.ts";
import { deriveSubjectKey } from "../ledger/keys-block.ts";
import type { LedgerKeys } from "../ledger/keys-file.ts";
import type { Ledger, Receipt } from "../ledger/ledger.ts";
import { LogReader } from "../ledger/read.ts";
import { startedLogs } from "../ledger/started.ts";
import { addEntries, entriesOf, type FormedEntry } from "./entries.ts";
import type { Format } from "./formats.ts";
import { withImportLog } from "./import-log.ts";
import { KnownRows } from "./known-rows.ts";
import { type KeyType, type PreparedRow, Preparing } from "./prepared.ts";
import { readRows, type ReadProgress } from "./read-rows.ts";
import type { RowSetting } from "./row.ts";
import type { Survey } from "./survey.ts";

export interface ImportOptions {
  readonly path: string;
  readonly format: Format;
  readonly setting: RowSetting;
  readonly keyType: KeyType | undefined;
  readonly survey: Survey;
  readonly config: Config;
  readonly keys: LedgerKeys;
  /** Who imports, as the entry names it. */
  readonly by: string;
  /** Gives every actor of the file its id; asked once it is clear that there is something to import. */
  readonly actors: () => Promise<ReadonlyMap<string, ActorId>>;
  readonly onProgress: (progress: ReadProgress) => void;
}

export interface Imported {
  readonly import: number;
  /** The whole file was in the log: nothing was added. */
  readonly already: boolean;
  /** It went on with what had been broken off. */
  readonly continued: boolean;
  readonly rows: number;
  /** Rows that were in the log. */
  readonly known: number;
}

/** The import that a file has come in with, whole or broken off, if it counts. */
export async function importOf(config: Config, keys: LedgerKeys, sha256: string): Promise<Import | undefined> {
  for (const { dir } of await startedLogs([importLog(config)]))
    return thatOf((await importsIn(await LogReader.open(dir, keys))).imports, sha256);
  return undefined;
}

function thatOf(imports: readonly Import[], sha256: string): Import | undefined {
  return imports.find(({ file, undoneMs }) => file === sha256 && undoneMs === undefined);
}

/**
 * Imports a file that was surveyed and found sound.
 * @throws WhosawError LEDGER_LOCKED while another import runs, USAGE for too many rows, IMPORT_INVALID if the file is not
 * what it was; FILE_UNREADABLE, and what the ledger and `actors` throw. What was written until then stays; the same file goes on from there
 */
export async function importFile(options: ImportOptions): Promise<Imported> {
  const { config, keys, survey, by, format } = options;
  return withImportLog(config, keys, async (log) => {
    const reader = await LogReader.open(importLog(config).dir, keys);
    const { imports } = await importsIn(reader);
    const before = thatOf(imports, survey.sha256);
    if (before?.rows !== undefined && !leansOnUndone(before, imports)) {
      const { rows } = before;
      return { import: before.number, already: true, continued: false, rows, known: rows };
    }
    const actors = await options.actors();
    const known = new KnownRows();
    const counting = imports.filter(({ undoneMs }) => undoneMs === undefined);
    await known.addLogged(reader, counting, survey.firstMs ?? 0, survey.lastMs ?? 0);
    const begun = await log.append({ kind: "import", file: survey.sha256, format, by, continues: before?.number });
    const number = before?.number ?? begun.firstIndex;
    const added = await new Writing(log, options, actors, known).run();
    const rows = survey.rows;
    await log.append({ kind: "import-end", import: number, rows, known: rows - added });
    return { import: number, already: false, continued: before !== undefined, rows, known: rows - added };
  });
}

/** Rows that another import had brought already were not added again, and that one may have been undone since. */
function leansOnUndone({ known = 0, timeMs }: Import, imports: readonly Import[]): boolean {
  return known > 0 && imports.some(({ undoneMs = Number.NEGATIVE_INFINITY }) => undoneMs >= timeMs);
}

class Writing {
  readonly #log: Ledger;
  readonly #options: ImportOptions;
  readonly #known: KnownRows;
  readonly #preparing: Preparing;
  #chunk: PreparedRow[] = [];
  #added = 0;

  constructor(log: Ledger, options: ImportOptions, actors: ReadonlyMap<string, ActorId>, known: KnownRows) {
    this.#log = log;
    this.#options = options;
    this.#known = known;
    const { format, keyType, keys } = options;
    this.#preparing = new Preparing({ format, keyType, actors, subjectKey: deriveSubjectKey(keys.masterKey) });
  }

  /** @returns how many rows were added */
  async run(): Promise<number> {
    const { path, format, setting, survey, onProgress } = this.#options;
    const read = await readRows(path, format, setting, {
      row: (row) => {
        const prepared = this.#preparing.row(row);
        if (this.#known.add(prepared)) this.#chunk.push(prepared);
      },
      piece: async (progress) => {
        onProgress(progress);
        if (this.#chunk.length >= LIMITS.importChunkRows) await this.#flush();
      },
    });
    await this.#flush();
    if (read.sha256 === survey.sha256) return this.#added;
    throw new WhosawError("IMPORT_INVALID", `${basename(path)} has changed while it was imported.`, {
      hint: "See `whosaw import --list`, undo this import, and import the file again.",
    });
  }

  async #flush(): Promise<void> {
    const rows = this.#chunk;
    this.#chunk = [];
    for (const entries of drainsOf(entriesOf(rows))) await appendEntries(this.#log, entries);
    this.#added += rows.length;
  }
}

/** Parts that fit a commit group each. */
function* drainsOf(entries: readonly FormedEntry[]): Generator<readonly FormedEntry[], void, undefined> {
  let part: FormedEntry[] = [];
  let bytes = 0;
  let forms = new Set<number>();
  for (const formed of entries) {
    const { entry, form } = formed;
    bytes += (entry.keys?.length ?? 0) + entry.after.length;
    if (!forms.has(form.number)) bytes += JSON.stringify(form.entry).length;
    forms.add(form.number);
    part.push(formed);
    if (part.length < LIMITS.importDrainEntries && bytes < LIMITS.importDrainBytes) continue;
    yield part;
    [part, bytes, forms] = [[], 0, new Set()];
  }
  if (part.length > 0) yield part;
}

function appendEntries(log: Ledger, entries: readonly FormedEntry[]): Promise<Receipt> {
  return new Promise((resolve, reject) => {
    log.enlist({ drain: (group) => addEntries(entries, group), durable: resolve, failed: reject });
  });
}
