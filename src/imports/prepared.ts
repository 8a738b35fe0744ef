/** Rows as the ledger will hold them: actors by their ids, subjects by their keys, forms by what they show. */
import { IMPORTED_TABLE } from "../shipping/field-classes.ts";
import type { ActorId, Entry, ImportGrade } from "../ledger/entry.ts";
import { hashTextKey } from "../ledger/keys-block.ts";
import type { ImportRow } from "./row.ts";

export type FormEntry = Entry & { readonly kind: "form" };

/** What rows show, written once a day and referred to. */
export interface ImportForm {
  readonly number: number;
  readonly entry: FormEntry;
}

/** A key in the order and the type of its block: an integer, or 32 hex digits. */
export interface PreparedKey {
  readonly type: KeyType;
  readonly value: number | bigint | string;
}

export type KeyType = "int" | "uuid" | "text";

export interface PreparedRow {
  readonly atMs: number;
  readonly actor: ActorId;
  readonly form: ImportForm;
  readonly grade: ImportGrade;
  readonly page: boolean;
  readonly key: PreparedKey | undefined;
}

const INT = /^(?:0|-?[1-9][0-9]{0,18})$/u;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/iu;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

export interface PreparingOptions {
  readonly format: string;
  /** By their names in the file. */
  readonly actors: ReadonlyMap<string, ActorId>;
  /** Text keys are hashed with it: deriveSubjectKey. */
  readonly subjectKey: Uint8Array;
  /** Every key is of this type; undefined: each is what it looks like. */
  readonly keyType: KeyType | undefined;
}

export class Preparing {
  readonly #options: PreparingOptions;
  readonly #forms = new Map<string, ImportForm>();

  constructor(options: PreparingOptions) {
    this.#options = options;
  }

  row({ atMs, actor, kind, subject, fields, grade, page }: ImportRow): PreparedRow {
    const id = this.#options.actors.get(actor);
    if (id === undefined) throw new Error("assertion failed: every actor of the file has an id");
    const key = subject === undefined ? undefined : this.#keyOf(kind, subject);
    return { atMs, actor: id, form: this.#formOf(kind, fields), grade, page, key };
  }

  #keyOf(kind: string, subject: string): PreparedKey {
    const { keyType, subjectKey } = this.#options;
    const type = keyType ?? (isInt64(subject) ? "int" : UUID.test(subject) ? "uuid" : "text");
    if (type === "int") {
      const plain = Number(subject);
      return { type, value: Number.isSafeInteger(plain) ? plain : BigInt(subject) };
    }
    if (type === "uuid") return { type, value: subject.toLowerCase().replaceAll("-", "") };
    return { type, value: hashTextKey(subjectKey, kind, subject) };
  }

  #formOf(kind: string, fields: readonly string[]): ImportForm {
    const name = `${kind} ${fields.join(" ")}`;
    const known = this.#forms.get(name);
    if (known !== undefined) return known;
    const form = { number: this.#forms.size, entry: formEntry(this.#options.format, kind, fields) };
    this.#forms.set(name, form);
    return form;
  }
}

/** Whether a key can be of a type. */
export function fits(subject: string, type: KeyType | undefined): boolean {
  if (type === "int") return isInt64(subject);
  return type !== "uuid" || UUID.test(subject);
}

function isInt64(text: string): boolean {
  if (!INT.test(text)) return false;
  if (text.length < 17) return true;
  const value = BigInt(text);
  return value >= INT64_MIN && value <= INT64_MAX;
}

/** A use for each table; classes stand under a table of their own. */
function formEntry(format: string, kind: string, fields: readonly string[]): FormEntry {
  const tables = new Map<string, string[]>();
  for (const field of fields) {
    const dot = field.lastIndexOf(".");
    const table = dot === -1 ? IMPORTED_TABLE : field.slice(0, dot);
    tables.set(table, [...(tables.get(table) ?? []), field.slice(dot + 1)]);
  }
  const uses = [...tables].map(([table, clear]) => ({ table, subjectKind: kind, clear, masked: [], predicate: [] }));
  return { kind: "form", fingerprint: "", text: `import ${format}`, uses, scope: false };
}
