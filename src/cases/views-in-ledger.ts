/** Everything that anybody was shown of a kind, from the logs alone: for a trace without columns, of small installations. */
import type { AskedLog } from "../asks/ask.ts";
import { bitsOfUse } from "../asks/class-bits.ts";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { number32 } from "../columns/numbers.ts";
import { SURE_GRADES } from "../columns/queries/scope.ts";
import { DECISIONS, type DisclosureRow, type FormRow, type StatementRow } from "../columns/rows.ts";
import { importsIn, inRanges } from "../ledger/imports.ts";
import { LogReader } from "../ledger/read.ts";
import { type RowRules, takeLookingBack } from "../shipping/batch-reader.ts";
import { FieldClasses } from "../shipping/field-classes.ts";
import { Flattener, type Numbered, type RowSink } from "../shipping/flatten.ts";
import type { Views } from "../trace/model.ts";
import { subjectText } from "./report-subjects.ts";
import type { Tell } from "./steps.ts";

export interface LedgerViews {
  /** Staff are places in `actors`, subjects numbers of `subjects`. */
  readonly views: Views;
  readonly actors: readonly string[];
  readonly subjects: ReadonlyMap<string, number>;
  /** Entries that can no longer be read. */
  readonly expired: number;
}

/**
 * Reads all of the logs.
 * @param actors who stands first among the staff, whether or not anybody was shown to them
 * @throws WhosawError USAGE for more than LIMITS.tracedViewsMax views, and as the logs are read
 */
export async function viewsInLedger(
  logs: readonly AskedLog[],
  { kind, rules, actors }: { readonly kind: string; readonly rules: RowRules; readonly actors: readonly string[] },
  tell: Tell,
): Promise<LedgerViews> {
  const classes = new FieldClasses(rules);
  const gathering = new Gathering(kind, classes, actors);
  for (const log of logs) {
    const reader = await LogReader.open(log.dir, log);
    const total = await reader.checkpointSize();
    const flattener = new Flattener(number32(log.origin), classes);
    const undone = log.imports === undefined ? [] : (await importsIn(reader)).undone;
    let done = 0;
    for await (const run of reader.runs(0, total)) {
      for (const entry of run) {
        if (inRanges(undone, entry.index)) continue;
        const missing = flattener.take(entry, gathering);
        if (missing !== undefined) await takeLookingBack(flattener, missing, entry, gathering, reader);
      }
      done += run.length;
      tell({ of: `entries of ${log.origin}`, done, total });
    }
  }
  return gathering.finish();
}

class Gathering implements RowSink {
  readonly #kind: number;
  readonly #classes: FieldClasses;
  readonly #actors = new Map<string, number>();
  readonly #places = new Map<bigint, number>();
  readonly #bits = new Map<bigint, readonly number[]>();
  readonly #subjects = new Map<string, number>();
  readonly #rows = { staff: [] as number[], subject: [] as number[], at: [] as number[], fields: [] as number[] };
  readonly #listed: number[] = [];
  readonly #unsure: number[] = [];
  #expired = 0;

  constructor(kind: string, classes: FieldClasses, actors: readonly string[]) {
    this.#kind = number32(kind);
    this.#classes = classes;
    for (const actor of actors) this.#place(actor);
  }

  #place(actor: string): number {
    const known = this.#actors.get(actor);
    if (known !== undefined) return known;
    this.#actors.set(actor, this.#actors.size);
    return this.#actors.size - 1;
  }

  actor({ number, name }: Numbered): void {
    if (!this.#places.has(number)) this.#places.set(number, this.#place(name));
  }

  kind(): void {}

  form(form: bigint, rows: readonly FormRow[]): void {
    if (!this.#bits.has(form))
      this.#bits.set(
        form,
        rows.map((row) => bitsOfUse(row, this.#classes)),
      );
  }

  disclosure(row: DisclosureRow): void {
    if (row.kind !== this.#kind) return;
    const { staff, subject, at, fields } = this.#rows;
    if (staff.length >= LIMITS.tracedViewsMax)
      throw new WhosawError("USAGE", "Staff were shown too much for a trace from the ledger alone.", {
        hint: "Let `whosaw serve` fill columns, or build them with `whosaw ledger reindex`.",
      });
    const key = subjectText(row);
    const number = this.#subjects.get(key) ?? this.#subjects.size;
    if (number === this.#subjects.size) this.#subjects.set(key, number);
    staff.push(this.#places.get(row.actor) ?? 0);
    subject.push(number);
    at.push(row.atMs);
    fields.push(this.#bits.get(row.form)?.[row.use] ?? 0);
    this.#listed.push(row.listed ? 1 : 0);
    this.#unsure.push(SURE_GRADES.includes(row.grade) ? 0 : 1);
  }

  statement({ decision }: StatementRow): void {
    if (decision === DECISIONS.expired) this.#expired += 1;
  }

  finish(): LedgerViews {
    const { staff, subject, at, fields } = this.#rows;
    const views = {
      staff: Uint32Array.from(staff),
      subject: Float64Array.from(subject),
      at: Float64Array.from(at),
      fields: Uint32Array.from(fields),
      listed: Uint8Array.from(this.#listed),
      ...(this.#unsure.includes(1) && { unsure: Uint8Array.from(this.#unsure) }),
    };
    return { views, actors: [...this.#actors.keys()], subjects: this.#subjects, expired: this.#expired };
  }
}
