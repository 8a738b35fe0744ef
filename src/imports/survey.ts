/** What is in a file, found out before anything of it is written: who, when, how surely, and what is wrong. */
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { ImportGrade } from "../ledger/entry.ts";
import type { Format } from "./formats.ts";
import { fits, type KeyType } from "./prepared.ts";
import { readRows, type ReadProblem, type ReadProgress } from "./read-rows.ts";
import { type ImportRow, RowProblem, type RowSetting } from "./row.ts";

export interface Survey {
  /** Of the file, in hex. */
  readonly sha256: string;
  /** Disclosures, and pages of which nobody knows whom they showed. */
  readonly rows: number;
  readonly grades: Readonly<Record<ImportGrade, number>>;
  /** Rows without a subject. */
  readonly unnamed: number;
  /** Lines that show nobody. */
  readonly ignored: number;
  /** Names in the file, with the team where it says one. */
  readonly actors: ReadonlyMap<string, string | undefined>;
  /** Epoch milliseconds; undefined without rows. */
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
  readonly problems: readonly ReadProblem[];
}

/** @throws WhosawError FILE_UNREADABLE */
export async function surveyFile(
  path: string,
  format: Format,
  setting: RowSetting,
  options: { readonly keyType: KeyType | undefined; readonly onProgress: (progress: ReadProgress) => void },
): Promise<Survey> {
  const surveying = new Surveying(options.keyType);
  const piece = (progress: ReadProgress): Promise<void> => {
    options.onProgress(progress);
    return Promise.resolve();
  };
  const { sha256, ignored, problems } = await readRows(path, format, setting, {
    row: (row) => surveying.row(row),
    piece,
  });
  return { ...surveying.found(), sha256, ignored, problems };
}

/** @throws WhosawError IMPORT_INVALID that names every line told to be wrong */
export function assertSound({ problems }: Pick<Survey, "problems">, file: string): void {
  if (problems.length === 0) return;
  const lines = problems.map(({ line, message }) => `${file}:${line}: ${message}`);
  throw new WhosawError("IMPORT_INVALID", lines.join("\n"), {
    hint: "Nothing was imported. Correct these lines, or take them out; docs/importing.md says what a line may be.",
  });
}

class Surveying {
  readonly #keyType: KeyType | undefined;
  readonly #actors = new Map<string, string | undefined>();
  readonly #forms = new Set<string>();
  readonly #grades = { exact: 0, "page-level": 0, possible: 0 };
  #rows = 0;
  #unnamed = 0;
  #firstMs: number | undefined;
  #lastMs: number | undefined;
  #lastFields: readonly string[] | undefined;

  constructor(keyType: KeyType | undefined) {
    this.#keyType = keyType;
  }

  /** @throws RowProblem */
  row({ line, atMs, actor, team, kind, subject, fields, grade }: ImportRow): void {
    if (subject === undefined) this.#unnamed += 1;
    else if (!fits(subject, this.#keyType)) throw new RowProblem(line, `Its subject is no ${this.#keyType} key.`);
    if (actor.length > LIMITS.importNameCharsMax || (team?.length ?? 0) > LIMITS.importNameCharsMax)
      throw new RowProblem(line, "The name of its actor or team is too long.");
    if (!this.#actors.has(actor)) this.#newActor(actor, team, line);
    if (fields !== this.#lastFields) this.#form(kind, fields, line);
    this.#rows += 1;
    this.#grades[grade] += 1;
    this.#firstMs = Math.min(this.#firstMs ?? atMs, atMs);
    this.#lastMs = Math.max(this.#lastMs ?? atMs, atMs);
  }

  found(): Omit<Survey, "sha256" | "ignored" | "problems"> {
    const [rows, unnamed, firstMs, lastMs] = [this.#rows, this.#unnamed, this.#firstMs, this.#lastMs];
    return { rows, unnamed, firstMs, lastMs, grades: this.#grades, actors: this.#actors };
  }

  #newActor(actor: string, team: string | undefined, line: number): void {
    if (/[\p{Cc}\p{Cs}]/u.test(actor + (team ?? "")))
      throw new RowProblem(line, "The name of its actor or team has control characters.");
    if (this.#actors.size >= LIMITS.importActorsMax)
      throw new RowProblem(line, "The file names too many actors.", true);
    this.#actors.set(actor, team);
  }

  #form(kind: string, fields: readonly string[], line: number): void {
    this.#lastFields = fields;
    this.#forms.add(`${kind} ${fields.join(" ")}`);
    if (this.#forms.size > LIMITS.importFormsMax)
      throw new RowProblem(line, "The file has too many different lists of fields.", true);
  }
}
