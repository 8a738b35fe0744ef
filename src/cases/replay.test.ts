import fc from "fast-check";
import { expect, test } from "vitest";
import { WhosawError } from "../base/errors.ts";
import type { Suspect } from "../trace/model.ts";
import { compareTraces, readTraced, type ReportsSince } from "./replay.ts";
import type { Traced } from "./traced.ts";

const suspect: Suspect = { staff: "staff:a", posterior: 0.995, logEValue: 3, logPairEValue: -1, verdict: "lead" };
const NOTHING: ReportsSince = { withdrawn: [], missing: [], added: 0 };
const REPORT = "r-0123456789abcdef";

const first: Traced = {
  format: "whosaw trace 1",
  case: { id: 1, title: "Callers know" },
  at: "2026-11-22T10:00:00.000Z",
  kind: "customer",
  code: "0.1.0",
  policy: "ab".repeat(32),
  source: "columns",
  logs: [{ origin: "a.example/gw", entries: 7, root: "cd".repeat(32), readable: [["2026-11-01", "2026-11-03"]] }],
  settings: { alpha: 0.01, leadPosterior: 0.99 },
  teams: null,
  reports: [REPORT],
  staff: 2,
  notes: [],
  result: {
    hypotheses: [],
    suspects: [suspect],
    ambiguityGroup: undefined,
    anythingLeaked: undefined,
    leakWindow: undefined,
    advice: [],
    steps: [],
    notes: [],
    inputsHash: "ef".repeat(32),
  },
};

const kept = (traced: Traced): Buffer => Buffer.from(JSON.stringify(traced));
const replayed = (again: Traced, since = NOTHING, sealed = first.settings) =>
  compareTraces(readTraced(kept(first)), { again, since, sealed });
const other = { ...first.result, inputsHash: "00".repeat(32) };

test("the same input and the same result are the same, a trillionth apart or later", () => {
  const nearly = { ...first.result, suspects: [{ ...suspect, posterior: 0.995 + 1e-12 }] };
  expect(replayed({ ...first, at: "2027-01-01T00:00:00.000Z", result: nearly })).toMatchObject({
    same: true,
    changed: [],
    since: [],
  });
  expect(replayed(first, { ...NOTHING, withdrawn: [REPORT], added: 2 }).since).toEqual([
    `1 of its reports were withdrawn since, and weigh nothing in a trace of today: ${REPORT}.`,
    "2 reports have come to the case since.",
  ]);
});

test.for<[string, Partial<Traced>, RegExp]>([
  [
    "another verdict",
    { result: { ...first.result, suspects: [{ ...suspect, verdict: "none" }] } },
    /Nothing that was/u,
  ],
  ["another group", { result: { ...first.result, ambiguityGroup: ["staff:a", "staff:b"] } }, /Nothing that was/u],
  ["another input", { result: other }, /run `whosaw verify`/u],
  [
    "a day that expired",
    { result: other, logs: [{ ...first.logs[0]!, readable: [["2026-11-02", "2026-11-03"]] }] },
    /1 days .* expired since: 2026-11-01/u,
  ],
  ["more entries", { result: other, logs: [{ ...first.logs[0]!, entries: 9 }] }, /2 entries more/u],
  ["an older copy", { result: other, logs: [{ ...first.logs[0]!, entries: 3 }] }, /an older copy/u],
  ["another log", { result: other, logs: [{ ...first.logs[0]!, root: "00".repeat(32) }] }, /another one/u],
  ["no log", { result: other, logs: [] }, /is not there/u],
  ["another policy", { result: other, policy: "00".repeat(32) }, /policy is another/u],
  ["another program", { result: other, code: "0.2.0" }, /whosaw 0\.1\.0, and is 0\.2\.0/u],
  ["another source", { result: other, source: "ledger" }, /read from columns/u],
])("%s is not the same, and said", ([, change, says]) => {
  const { same, changed } = replayed({ ...first, ...change });
  expect(same).toBe(false);
  expect(changed.join("\n")).toMatch(says);
});

test.for<[string, (result: Traced["result"]) => object]>([
  ["an explanation", (result) => ({ ...result, hypotheses: [] })],
  ["a step", (result) => ({ ...result, steps: [] })],
  ["an e-value", (result) => ({ ...result, suspects: [{ ...suspect, logEValue: 9 }] })],
  ["a note", (result) => ({ ...result, notes: ["all is well"] })],
])("a file in which %s was changed is not the same", ([, edited]) => {
  const nobody = { kind: "nobody", staff: [], posterior: 0.005, eValue: 0, verdict: "none" } as const;
  const step = { report: 0, weighed: "counted", top: [suspect], nobody: 0.005 } as const;
  const again = { ...first, result: { ...first.result, hypotheses: [nobody], steps: [step] } };
  const replay = (result: object) =>
    compareTraces(readTraced(Buffer.from(JSON.stringify({ ...again, result }))), {
      again,
      since: NOTHING,
      sealed: first.settings,
    }).same;
  expect([replay(again.result), replay(edited(again.result))]).toEqual([true, false]);
});

test("settings that were not sealed are not the same, though the result is", () => {
  const { same, changed } = replayed(first, NOTHING, { ...first.settings, alpha: 0.001 });
  expect([same, changed]).toEqual([false, ["The settings are not those that the case has sealed."]]);
});

test("a file that would steer the terminal is none", () => {
  for (const code of ["\u001B]0;x\u0007", "a\nb"])
    expect(() => readTraced(kept({ ...first, code }))).toThrow(/no result of a trace/u);
});

test("reports that the state has lost, and settings that were not sealed", () => {
  const { changed } = replayed({ ...first, result: other }, { ...NOTHING, missing: [REPORT] }, { alpha: 0.05 });
  expect(changed).toEqual([
    "The settings are not those that the case has sealed.",
    `1 of its reports are not in the state: ${REPORT}.`,
  ]);
});

test("whatever the file, it is read or refused with a code", () => {
  const read = (bytes: Uint8Array): string => {
    try {
      readTraced(bytes);
      return "read";
    } catch (error) {
      return error instanceof WhosawError ? error.code : "a bug";
    }
  };
  expect(read(kept(first))).toBe("read");
  expect(read(new Uint8Array((64 << 20) + 1))).toBe("USAGE");
  const paths = ["case", "logs", "settings", "teams", "reports", "result", "at", "source"] as const;
  const altered = fc
    .tuple(fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 3 }))
    .map(([path, value]) => Buffer.from(JSON.stringify({ ...first, [path]: value })));
  fc.assert(
    fc.property(fc.oneof(altered, fc.uint8Array({ maxLength: 40 })), (bytes) => {
      const code = read(bytes);
      expect(["read", "USAGE"]).toContain(code);
      // What was read can be compared.
      if (code === "read") compareTraces(readTraced(bytes), { again: first, since: NOTHING, sealed: first.settings });
    }),
    { numRuns: 1_000 },
  );
});
