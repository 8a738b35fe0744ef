/** Payloads to bytes and back (docs/ledger-format.md, "Payloads"). One row per kind: a forgotten kind does not compile. */
import type { WhosawError } from "../base/errors.ts";
import { damaged, type CborReader, type CborWriter } from "./cbor.ts";
import {
  ENTRY_KINDS,
  type ActorId,
  type Decision,
  type DisclosureBlock,
  type Entry,
  type EntryKind,
  type ImportGrade,
  type Outcome,
  type ProofMethod,
} from "./entry.ts";

type EntryOf<K extends EntryKind> = Entry & { readonly kind: K };

interface Codec<K extends EntryKind> {
  readonly write: (writer: CborWriter, entry: EntryOf<K>) => void;
  readonly read: (reader: CborReader) => EntryOf<K>;
}

const PROOFS: readonly ProofMethod[] = ["scram-sha-256", "certificate", "local"];
const DECISIONS: readonly Decision[] = ["accounted", "opaque", "refused"];
const IMPORT_GRADES: readonly ImportGrade[] = ["exact", "page-level", "possible"];

/** Values numbered from 1 in the format. */
function numbered<T>(values: readonly T[], reader: CborReader): T {
  const value = values[reader.uint() - 1];
  if (value === undefined) throw damaged("a number names nothing");
  return value;
}

function writeActor(writer: CborWriter, actor: ActorId): void {
  if (actor.startsWith("svc:")) writer.text(actor.slice(4));
  else writer.uuid(actor, "staff:".length);
}

function readActor(reader: CborReader): ActorId {
  if (reader.nextIsText()) return `svc:${reader.text()}`;
  const bytes = reader.bytes();
  if (bytes.length !== 16) throw damaged("an actor is not 16 bytes");
  return `staff:${uuidText(bytes)}`;
}

/** 16 bytes in the text form of RFC 9562. */
export function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function writeOptionalText(writer: CborWriter, text: string | undefined): void {
  if (text === undefined) writer.null();
  else writer.text(text);
}

function readOptionalText(reader: CborReader): string | undefined {
  return reader.null() ? undefined : reader.text();
}

function writeTexts(writer: CborWriter, texts: readonly string[]): void {
  writer.array(texts.length);
  for (const text of texts) writer.text(text);
}

function readMany<T>(reader: CborReader, one: () => T): T[] {
  const many: T[] = [];
  for (let left = reader.array(); left > 0; left -= 1) many.push(one());
  return many;
}

function readTexts(reader: CborReader): string[] {
  return readMany(reader, () => reader.text());
}

function readHex(reader: CborReader): string {
  return Buffer.from(reader.bytes()).toString("hex");
}

function writeBlocks(writer: CborWriter, blocks: readonly DisclosureBlock[]): void {
  writer.array(blocks.length);
  for (const block of blocks) {
    writer.array(2);
    writer.uint(block.use);
    writer.bytes(block.keys);
  }
}

function readBlocks(reader: CborReader): DisclosureBlock[] {
  return readMany(reader, () => {
    reader.arrayOf(2);
    return { use: reader.uint(), keys: reader.bytes() };
  });
}

function writeOutcome(writer: CborWriter, outcome: Outcome | undefined): void {
  if (outcome === undefined) {
    writer.null();
    return;
  }
  writer.array(2);
  writer.uint(outcome.rows);
  writeOptionalText(writer, outcome.sqlstate);
}

function readOutcome(reader: CborReader): Outcome | undefined {
  if (reader.null()) return undefined;
  reader.arrayOf(2);
  return { rows: reader.uint(), sqlstate: readOptionalText(reader) };
}

const CODECS: { readonly [K in EntryKind]: Codec<K> } = {
  heartbeat: {
    write: (w, e) => {
      w.array(1);
      w.uint(e.sessions);
    },
    read: (r) => {
      r.arrayOf(1);
      return { kind: "heartbeat", sessions: r.uint() };
    },
  },
  gap: {
    write: (w, e) => {
      w.array(2);
      w.uint(e.fromMs);
      w.uint(e.toMs);
    },
    read: (r) => {
      r.arrayOf(2);
      return { kind: "gap", fromMs: r.uint(), toMs: r.uint() };
    },
  },
  login: {
    write: (w, e) => {
      w.array(4);
      writeActor(w, e.actor);
      w.uint(PROOFS.indexOf(e.proof) + 1);
      w.text(e.clientAddress);
      w.text(e.database);
    },
    read: (r) => {
      r.arrayOf(4);
      return {
        kind: "login",
        actor: readActor(r),
        proof: numbered(PROOFS, r),
        clientAddress: r.text(),
        database: r.text(),
      };
    },
  },
  logout: {
    write: (w, e) => {
      w.array(1);
      w.uint(e.session);
    },
    read: (r) => {
      r.arrayOf(1);
      return { kind: "logout", session: r.uint() };
    },
  },
  form: {
    write: (w, e) => {
      w.array(4);
      w.hex(e.fingerprint);
      w.text(e.text);
      w.array(e.uses.length);
      for (const use of e.uses) {
        w.array(5);
        w.text(use.table);
        w.text(use.subjectKind);
        writeTexts(w, use.clear);
        writeTexts(w, use.masked);
        writeTexts(w, use.predicate);
      }
      w.bool(e.scope);
    },
    read: (r) => {
      r.arrayOf(4);
      const fingerprint = readHex(r);
      const text = r.text();
      const uses = readMany(r, () => {
        r.arrayOf(5);
        return {
          table: r.text(),
          subjectKind: r.text(),
          clear: readTexts(r),
          masked: readTexts(r),
          predicate: readTexts(r),
        };
      });
      return { kind: "form", fingerprint, text, uses, scope: r.bool() };
    },
  },
  statement: {
    write: (w, e) => {
      w.array(9);
      writeActor(w, e.actor);
      w.uint(e.session);
      w.uint(e.form);
      w.uint(DECISIONS.indexOf(e.decision) + 1);
      writeOptionalText(w, e.ticket);
      writeOptionalText(w, e.reason);
      w.bytes(e.policy);
      writeBlocks(w, e.blocks);
      writeOutcome(w, e.outcome);
    },
    read: (r) => {
      r.arrayOf(9);
      return {
        kind: "statement",
        actor: readActor(r),
        session: r.uint(),
        form: r.uint(),
        decision: numbered(DECISIONS, r),
        ticket: readOptionalText(r),
        reason: readOptionalText(r),
        policy: r.bytes(),
        blocks: readBlocks(r),
        outcome: readOutcome(r),
      };
    },
  },
  disclosure: {
    write: (w, e) => {
      w.array(3);
      w.uint(e.statement);
      writeBlocks(w, e.blocks);
      writeOutcome(w, e.outcome);
    },
    read: (r) => {
      r.arrayOf(3);
      return { kind: "disclosure", statement: r.uint(), blocks: readBlocks(r), outcome: readOutcome(r) };
    },
  },
  refusal: {
    write: (w, e) => {
      w.array(6);
      writeActor(w, e.actor);
      w.uint(e.session);
      w.text(e.code);
      w.text(e.reason);
      w.hex(e.fingerprint);
      w.text(e.text);
    },
    read: (r) => {
      r.arrayOf(6);
      return {
        kind: "refusal",
        actor: readActor(r),
        session: r.uint(),
        code: r.text(),
        reason: r.text(),
        fingerprint: readHex(r),
        text: r.text(),
      };
    },
  },
  "policy-change": {
    write: (w, e) => {
      w.array(2);
      w.bytes(e.policy);
      w.text(e.mode);
    },
    read: (r) => {
      r.arrayOf(2);
      const policy = r.bytes();
      const mode = r.text();
      if (mode !== "observe" && mode !== "enforce") throw damaged("a mode that does not exist");
      return { kind: "policy-change", policy, mode };
    },
  },
  look: {
    write: (w, e) => {
      w.array(4);
      w.text(e.by);
      w.text(e.command);
      w.text(e.target);
      w.uint(e.results);
    },
    read: (r) => {
      r.arrayOf(4);
      return { kind: "look", by: r.text(), command: r.text(), target: r.text(), results: r.uint() };
    },
  },
  alert: {
    write: (w, e) => {
      w.array(2);
      w.text(e.code);
      w.text(e.detail);
    },
    read: (r) => {
      r.arrayOf(2);
      return { kind: "alert", code: r.text(), detail: r.text() };
    },
  },
  import: {
    write: (w, e) => {
      w.array(4);
      w.hex(e.file);
      w.text(e.format);
      w.text(e.by);
      if (e.continues === undefined) w.null();
      else w.uint(e.continues);
    },
    read: (r) => {
      r.arrayOf(4);
      const [file, format, by] = [readHex(r), r.text(), r.text()];
      return { kind: "import", file, format, by, continues: r.null() ? undefined : r.uint() };
    },
  },
  imported: {
    write: (w, e) => {
      w.array(7);
      w.uint(e.form);
      writeActor(w, e.actor);
      w.uint(IMPORT_GRADES.indexOf(e.grade) + 1);
      w.bool(e.page);
      w.uint(e.atMs);
      if (e.keys === undefined) w.null();
      else w.bytes(e.keys);
      w.bytes(e.after);
    },
    read: (r) => {
      r.arrayOf(7);
      return {
        kind: "imported",
        form: r.uint(),
        actor: readActor(r),
        grade: numbered(IMPORT_GRADES, r),
        page: r.bool(),
        atMs: r.uint(),
        keys: r.null() ? undefined : r.bytes(),
        after: r.bytes(),
      };
    },
  },
  "import-end": {
    write: (w, e) => {
      w.array(3);
      w.uint(e.import);
      w.uint(e.rows);
      w.uint(e.known);
    },
    read: (r) => {
      r.arrayOf(3);
      return { kind: "import-end", import: r.uint(), rows: r.uint(), known: r.uint() };
    },
  },
  "import-undone": {
    write: (w, e) => {
      w.array(2);
      w.uint(e.import);
      w.text(e.by);
    },
    read: (r) => {
      r.arrayOf(2);
      return { kind: "import-undone", import: r.uint(), by: r.text() };
    },
  },
};

const KIND_NAMES = new Map<number, EntryKind>(
  (Object.keys(ENTRY_KINDS) as EntryKind[]).map((name) => [ENTRY_KINDS[name], name]),
);

/** Writes the payload of an entry. Throws WhosawError ROW_TOO_LARGE if it does not fit the writer. */
export function writePayload<K extends EntryKind>(writer: CborWriter, entry: EntryOf<K>): void {
  CODECS[entry.kind].write(writer, entry);
}

/**
 * Reads a payload whole. Byte strings in the result share memory with `reader`'s bytes.
 * @throws {WhosawError} LEDGER_DAMAGED if it is not just what writePayload would have written
 */
export function readPayload(kind: number, reader: CborReader): Entry {
  const name = KIND_NAMES.get(kind);
  if (name === undefined) throw unknownKind(kind);
  const entry = CODECS[name].read(reader);
  reader.end();
  return entry;
}

function unknownKind(kind: number): WhosawError {
  return damaged(`kind ${kind} is unknown to this version`);
}
