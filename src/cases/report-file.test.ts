import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WhosawError } from "../base/errors.ts";
import { csvRecord } from "../cli/csv.ts";
import { fieldNames } from "./fields-known.ts";
import { type FileReport, type ReportFile, readReportFile } from "./report-file.ts";

const NOW_MS = Date.UTC(2026, 10, 22);
const setting = { kinds: ["customer", "employee"], nowMs: NOW_MS };

function read(text: string): ReportFile {
  return readReportFile(Buffer.from(text), setting);
}

function codeOf(work: () => unknown): string {
  try {
    work();
    return "none";
  } catch (error) {
    return error instanceof WhosawError ? error.code : "a bug";
  }
}

describe("a file", () => {
  test("as a spreadsheet saves it: BOM, semicolons, quotes, CRLF, columns in any order", () => {
    const { reports, problems } = read(
      '\uFEFFFrom;Subject;fields;TO;caller\r\n2026-11-20;customer:4711;"name;ticket";2026-11-21;"+44 20 ""7946"""\r\n\r\n1763812800000;employee:x y;;;\r\n',
    );
    expect(problems).toEqual([]);
    expect(reports).toEqual([
      {
        line: 2,
        report: {
          kind: "customer",
          key: "4711",
          fromMs: Date.UTC(2026, 10, 20),
          toMs: Date.UTC(2026, 10, 22) - 1,
          fields: 17,
          reporter: undefined,
          caller: '+44 20 "7946"',
          mark: undefined,
        },
      },
      {
        line: 4,
        report: expect.objectContaining({ kind: "employee", key: "x y", fromMs: 1763812800000, fields: 0 }) as unknown,
      },
    ]);
  });

  test("as JSON lines", () => {
    const { reports, problems } = read(
      '{"subject":"customer:1","from":1763812800000,"fields":["phone","other"],"mark":"3/8"}\n\n{"subject":"customer:2","from":"2026-11-20","who":1}\n{"subject":1e20,"from":0}\n[]\n',
    );
    expect(reports).toMatchObject([{ line: 1, report: { fields: 34, mark: { value: 3, ways: 8 } } }]);
    expect(problems.map(({ line }) => line)).toEqual([3, 4, 5]);
  });

  test("everything wrong is said at once, by line, and nothing of it is repeated", () => {
    const wrong = [
      "4711,2026-11-20", // no kind, of two
      "customer:,2026-11-20",
      "customer:secretkey,yesterday",
      "customer:secretkey,2026-02-30",
      "customer:secretkey,2026-11-20 14:05", // no zone
      "customer:secretkey,1763812800", // seconds
      "customer:secretkey,2030-01-01",
      "customer:secretkey,2026-11-20,2026-11-19",
      "customer:secretkey,2024-11-20,2026-11-19",
      "customer:secretkey,2026-11-20,,secretword",
      `customer:secretkey,2026-11-20,,,${"x".repeat(201)}`,
      "customer:secretkey,2026-11-20,,,,8/8",
      "customer:secretkey,2026-11-20,,,,,",
      'customer:secretkey,2026-11-20,,"a"b,',
    ];
    const { problems } = read(["subject,from,to,fields,reporter,mark", ...wrong].join("\n"));
    expect(problems.map(({ line }) => line)).toEqual(wrong.map((_, i) => i + 2));
    expect(JSON.stringify(problems)).not.toMatch(/secret(?:key|word)/u);
  });

  test("what is no list of reports at all", () => {
    for (const text of ["", "a,b\n1,2", "subject,to", "subject,from,from", "subject,from,name\n"])
      expect(codeOf(() => read(text))).toBe("USAGE");
    expect(codeOf(() => readReportFile(Buffer.from([0xff, 0xfe, 0x41]), setting))).toBe("USAGE");
    expect(codeOf(() => readReportFile(new Uint8Array((32 << 20) + 1), setting))).toBe("USAGE");
  });

  test("lines that repeat another are left out and named", () => {
    const line = "customer:1,2026-11-20";
    const { reports, duplicates } = read(["subject,from", line, "customer:2,2026-11-20", line, line].join("\n"));
    expect(reports.map((report) => report.line)).toEqual([2, 3]);
    expect(duplicates).toEqual([
      { line: 4, of: 2 },
      { line: 5, of: 2 },
    ]);
  });
});

test("a header of a million names is refused in one line", () => {
  const many = Buffer.from(`subject,from${",x".repeat(1_000_000)}\nc:1,2026-01-01\n`);
  expect(() => readReportFile(many, { kinds: ["c"], nowMs: Date.UTC(2026, 10, 22) })).toThrow(
    /^.{1,300}999980 more from the left\.$/u,
  );
});

test("whatever the bytes, it is read or refused with a code", () => {
  const pieces = fc.constantFrom(
    "subject",
    "from",
    ",",
    ";",
    '"',
    "\n",
    "\r",
    "{",
    "}",
    ":",
    "customer:1",
    "2026-11-20",
  );
  const near = fc.array(fc.oneof(pieces, fc.string({ unit: "binary", maxLength: 3 })), { maxLength: 30 });
  const texts = fc.oneof(
    near.map((parts) => parts.join("")),
    near.map((parts) => `subject,from\n${parts.join("")}`),
    fc.jsonValue({ maxDepth: 2 }).map((value) => `{"subject":${JSON.stringify(value)},"from":"2026-11-20"}`),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        texts.map((text) => Buffer.from(text)),
        fc.uint8Array({ maxLength: 60 }),
      ),
      (bytes) => {
        expect(["none", "USAGE"]).toContain(codeOf(() => readReportFile(bytes, setting)));
      },
    ),
    { numRuns: 2_000 },
  );
});

test("what is written is read back, in either format", () => {
  const key = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((text) => text.trim() === text);
  const word = fc.option(
    key.filter((text) => text.trim() !== ""),
    { nil: undefined },
  );
  const given = fc.record({
    kind: fc.constantFrom(...setting.kinds),
    key,
    fromMs: fc.integer({ min: Date.UTC(2020, 0), max: NOW_MS }),
    lastsMs: fc.integer({ min: 0, max: 1e9 }),
    fields: fc.integer({ min: 0, max: 63 }),
    reporter: word,
    caller: word,
  });
  fc.assert(
    fc.property(fc.array(given, { minLength: 1, maxLength: 8 }), fc.boolean(), (reports, json) => {
      const rows = reports.map(({ kind, key: of, fromMs, lastsMs, fields, reporter = "", caller = "" }) => [
        `${kind}:${of}`,
        new Date(fromMs).toISOString(),
        String(fromMs + lastsMs),
        fieldNames(fields).join(" "),
        reporter,
        caller,
      ]);
      const names = ["subject", "from", "to", "fields", "reporter", "caller"];
      const text = json
        ? rows.map((row) => JSON.stringify(Object.fromEntries(names.map((name, i) => [name, row[i]])))).join("\n")
        : [names, ...rows].map(csvRecord).join("");
      const { reports: found, problems, duplicates } = read(text);
      expect(problems).toEqual([]);
      const wanted = reports.map(({ lastsMs, ...report }) => ({ ...report, toMs: report.fromMs + lastsMs }));
      const distinct = new Set(wanted.map((report) => JSON.stringify(report)));
      expect(found.length + duplicates.length).toBe(reports.length);
      expect(new Set(found.map(({ report: { mark: _mark, ...rest } }: FileReport) => sorted(rest)))).toEqual(
        new Set([...distinct].map((text_) => sorted(JSON.parse(text_) as object))),
      );
    }),
    { numRuns: 200 },
  );
});

function sorted(value: object): string {
  return JSON.stringify(
    Object.entries(value)
      .filter(([, held]) => held !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
