import { decode, encode } from "cborg";
import fc from "fast-check";
import { expect, test } from "vitest";
import { WhosawError } from "../base/errors.ts";
import { CborReader, CborWriter } from "./cbor.ts";
import { readPayload, writePayload } from "./entry-codec.ts";
import { ENTRY_KINDS, type ActorId, type Entry } from "./entry.ts";

const text = fc.string({ unit: "grapheme", maxLength: 40 });
const uint = fc.oneof(fc.nat(300), fc.nat(), fc.maxSafeNat());
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Uint8Array.from(array));
const hex = bytes.map((array) => Buffer.from(array).toString("hex"));
const actor = fc.oneof(
  fc.uuid().map((id): ActorId => `staff:${id}`),
  text.map((name): ActorId => `svc:${name}`),
);
const optional = fc.option(text, { nil: undefined });
const blocks = fc.array(fc.record({ use: uint, keys: bytes }), { maxLength: 5 });
const outcome = fc.option(fc.record({ rows: uint, sqlstate: optional }), { nil: undefined });
const texts = fc.array(text, { maxLength: 5 });
const use = fc.record({ table: text, subjectKind: text, clear: texts, masked: texts, predicate: texts });

const ENTRIES: { readonly [K in Entry["kind"]]: fc.Arbitrary<Entry & { kind: K }> } = {
  heartbeat: fc.record({ kind: fc.constant("heartbeat"), sessions: uint }),
  gap: fc.record({ kind: fc.constant("gap"), fromMs: uint, toMs: uint }),
  login: fc.record({
    kind: fc.constant("login"),
    actor,
    proof: fc.constantFrom("scram-sha-256", "certificate", "local"),
    clientAddress: text,
    database: text,
  }),
  logout: fc.record({ kind: fc.constant("logout"), session: uint }),
  form: fc.record({
    kind: fc.constant("form"),
    fingerprint: hex,
    text,
    uses: fc.array(use, { maxLength: 4 }),
    scope: fc.boolean(),
  }),
  statement: fc.record({
    kind: fc.constant("statement"),
    actor,
    session: uint,
    form: uint,
    decision: fc.constantFrom("accounted", "opaque", "refused"),
    ticket: optional,
    reason: optional,
    policy: bytes,
    blocks,
    outcome,
  }),
  disclosure: fc.record({ kind: fc.constant("disclosure"), statement: uint, blocks, outcome }),
  refusal: fc.record({
    kind: fc.constant("refusal"),
    actor,
    session: uint,
    code: text,
    reason: text,
    fingerprint: hex,
    text,
  }),
  "policy-change": fc.record({
    kind: fc.constant("policy-change"),
    policy: bytes,
    mode: fc.constantFrom("observe", "enforce"),
  }),
  look: fc.record({ kind: fc.constant("look"), by: text, command: text, target: text, results: uint }),
  alert: fc.record({ kind: fc.constant("alert"), code: text, detail: text }),
  import: fc.record({
    kind: fc.constant("import"),
    file: hex,
    format: text,
    by: text,
    continues: fc.option(uint, { nil: undefined }),
  }),
  imported: fc.record({
    kind: fc.constant("imported"),
    form: uint,
    actor,
    grade: fc.constantFrom("exact", "page-level", "possible"),
    page: fc.boolean(),
    atMs: uint,
    keys: fc.option(bytes, { nil: undefined }),
    after: bytes,
  }),
  "import-end": fc.record({ kind: fc.constant("import-end"), import: uint, rows: uint, known: uint }),
  "import-undone": fc.record({ kind: fc.constant("import-undone"), import: uint, by: text }),
};
const anyEntry: fc.Arbitrary<Entry> = fc.oneof(...Object.values(ENTRIES));

function toBytes(entry: Entry): Uint8Array {
  const writer = new CborWriter(65_535);
  writePayload(writer, entry);
  return Uint8Array.from(writer.buffer.subarray(0, writer.position));
}

/** Byte strings compare as Uint8Arrays, whatever view they were. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

test("every entry comes back as it was written", () => {
  fc.assert(
    fc.property(anyEntry, (entry) => {
      const back = readPayload(ENTRY_KINDS[entry.kind], new CborReader(toBytes(entry)));
      expect(plain(back)).toEqual(plain(entry));
    }),
    { numRuns: 1_000 },
  );
});

test("payloads are what cborg's deterministic encoder makes of the same array", () => {
  fc.assert(
    fc.property(anyEntry, (entry) => {
      const payload = toBytes(entry);
      const array: unknown = decode(payload, { strict: true });
      expect(Buffer.from(encode(array)).equals(payload)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test("imports stand as docs/ledger-format.md says", () => {
  const file = "ab".repeat(32);
  const vectors: readonly (readonly [Entry, string])[] = [
    [{ kind: "import", file, format: "csv", by: "uid:0", continues: undefined }, `845820${file}63637376657569643a30f6`],
    [
      {
        kind: "imported",
        form: 3,
        actor: "staff:11111111-2222-3333-4444-555555555555",
        grade: "page-level",
        page: false,
        atMs: 1_577_836_800_000,
        keys: Uint8Array.of(0, 1, 8),
        after: Uint8Array.of(5),
      },
      "8703501111111122223333444455555555555502f41b0000016f5e66e800430001084105",
    ],
    [{ kind: "import-end", import: 1, rows: 300, known: 2 }, "830119012c02"],
    [{ kind: "import-undone", import: 1, by: "uid:0" }, "8201657569643a30"],
  ];
  for (const [entry, payload] of vectors) expect(Buffer.from(toBytes(entry)).toString("hex")).toBe(payload);
});

test("arbitrary and mutated bytes are read as just what they would be written as, or refused", () => {
  const kind = fc.integer({ min: 0, max: 17 });
  const mutated = fc.tuple(anyEntry, fc.nat(), fc.nat(255)).map(([entry, at, byte]): [number, Uint8Array] => {
    const payload = toBytes(entry);
    payload[at % payload.length] = byte;
    return [ENTRY_KINDS[entry.kind], payload];
  });
  fc.assert(
    fc.property(fc.oneof(fc.tuple(kind, bytes), mutated), ([number, payload]) => {
      let entry: Entry;
      try {
        entry = readPayload(number, new CborReader(payload));
      } catch (error) {
        expect(error).toBeInstanceOf(WhosawError);
        expect(error).toHaveProperty("code", "LEDGER_DAMAGED");
        return;
      }
      expect(Buffer.from(toBytes(entry)).equals(payload)).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});

test.each([
  ["an integer that is longer than it need be", "811801"],
  ["eight bytes for a small one", "811b0000000000000001"],
  ["an indefinite array", "9f01ff"],
  ["bytes after the end", "810101"],
  ["an array that is too long", "820101"],
  ["a negative integer", "8120"],
  ["an integer beyond 2^53", "811b0020000000000000"],
  ["nothing", ""],
])("refuses a heartbeat with %s", (_, payload) => {
  expect(() => readPayload(ENTRY_KINDS.heartbeat, new CborReader(Buffer.from(payload, "hex")))).toThrow(WhosawError);
});

test("an entry that is too long is a coded error", () => {
  const writer = new CborWriter(100);
  expect(() => writePayload(writer, { kind: "alert", code: "X", detail: "x".repeat(100) })).toThrow(
    expect.objectContaining({ code: "ROW_TOO_LARGE" }),
  );
});
