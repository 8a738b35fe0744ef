import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WhosawError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import { csvRecord } from "../../cli/csv.ts";
import { nothingRead, readCopy } from "./read.ts";

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

interface Read {
  readonly tables: readonly { name: string | undefined; columns: readonly string[]; rows: readonly unknown[] }[];
  readonly cut: number;
  readonly format: string | undefined;
}

async function readBytes(bytes: Buffer, size = 7): Promise<Read> {
  const tables = new Map<object, { name: string | undefined; columns: readonly string[]; rows: unknown[] }>();
  const read = nothingRead();
  for await (const { table, rows } of readCopy(pieces(bytes, size), read)) {
    const { name, columns } = table;
    const known = tables.get(table) ?? { name, columns, rows: [] };
    tables.set(table, known);
    known.rows.push(...rows);
  }
  return { tables: [...tables.values()], cut: read.cut, format: read.format };
}

const readText = async (text: string, size?: number): Promise<Read> => readBytes(Buffer.from(text), size);

describe("delimited text", () => {
  test("other delimiters, quotes with breaks inside, blanks before quotes, line ends of all kinds", async () => {
    const text =
      '\ufeffName; E-Mail ;Note\r\n"Silva, ""Zé""";a@example.com;"two\nlines"\n  "x" y;b@example.com\r;c@example.com;d;e';
    const { tables } = await readText(text);
    expect(tables).toEqual([
      {
        name: undefined,
        columns: ["Name", "E-Mail", "Note"],
        rows: [
          ['Silva, "Zé"', "a@example.com", "two\nlines"],
          ["x y", "b@example.com"],
          ["", "c@example.com", "d", "e"],
        ],
      },
    ]);
  });

  test("a first row of values names no columns, and is never told as names", async () => {
    for (const text of [
      "João Silva,Lisboa\nAna Costa,Porto\n",
      "name,a@example.com\nAna,b@example.com\n",
      "Case\nMay\nCase\n",
    ]) {
      const { tables } = await readText(text);
      expect(tables[0]?.columns[0]).toBe("column 1");
      expect(tables[0]?.rows[0]).toEqual(text.split("\n")[0]?.split(","));
    }
  });

  test.for(["utf16le", "utf16be", "latin1", "utf8"])("in %s", async (encoding) => {
    const text = "email;name\nze@example.com;Zé\n";
    const bytes =
      encoding === "utf16be" ? Buffer.from(text, "utf16le").swap16() : Buffer.from(text, encoding as "utf8");
    expect((await readBytes(bytes, 3)).tables[0]?.rows).toEqual([["ze@example.com", "Zé"]]);
  });

  test("values of any characters come back as they were written", async () => {
    const value = fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "\r", ";", "é", "\t", " x"), maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 99 }),
        async (rows, size) => {
          const text =
            csvRecord(["email", "name"]) +
            rows.map(([a, b]) => `"${a.replaceAll('"', '""')}","${b.replaceAll('"', '""')}"\r\n`).join("");
          const { tables } = await readText(text, size);
          expect(tables[0]?.rows).toEqual(rows);
        },
      ),
      { numRuns: 100, examples: [[[["\n;\n", ";"]], 1]] },
    );
  });
});

describe("JSON", () => {
  const rows = [
    ["1", "a@example.com", "x", "y"],
    ["2", "b@example.com"],
  ];
  const [one, two] = [
    '{"id":1,"c":{"mail":"a@example.com"},"tags":["x","y"]}',
    '{"id":2,"c":{"mail":"b@example.com"}}',
  ];
  test.for([`[${one},\n${two}]`, `${one}\n${two}\n`, `{"page":1,"data":{"customers":[${one},${two}]}}`])(
    "wherever the objects stand: %s",
    async (text) => {
      const { tables } = await readText(text);
      expect(tables).toEqual([{ name: undefined, columns: ["id", "c.mail", "tags.0", "tags.1"], rows }]);
    },
  );

  test("what is too long for a record is entered", async () => {
    const filler = JSON.stringify({ filler: "x".repeat(1_000) });
    const text = `{"meta":{"a":"]}\\""},"deep":{"list":[${one},${two},${Array(1_200).fill(filler).join(",")}]}}`;
    const { tables } = await readText(text, 10_000);
    expect(tables[0]?.rows.slice(0, 2)).toEqual(rows);
    expect(tables[0]?.rows.length).toBe(1_202);
  });

  test("without objects, or nested without end, it is refused", async () => {
    for (const text of ["[1,2,3]", "{", "[".repeat(10_000), '{"a":'.repeat(10_000)])
      await expect(readText(text, 999)).rejects.toThrow(WhosawError);
  });
});

describe("dumps", () => {
  test("of MySQL", async () => {
    const { tables, format } = await readText(
      "-- MySQL dump\n/*!40101 SET NAMES utf8 */;\nCREATE TABLE `t` (`id` int, `v` varchar(9) DEFAULT 'x;y');\n" +
        "INSERT INTO `crm`.`t` (`id`, `email`) VALUES (1,'o\\'a@example.com'),(-2,NULL);\nINSERT IGNORE INTO u VALUES (3,_binary 'b\\\\',CAST('2020' AS DATE));\n",
    );
    expect(format).toBe("sql");
    expect(tables).toEqual([
      {
        name: "crm.t",
        columns: ["id", "email"],
        rows: [
          ["1", "o'a@example.com"],
          ["-2", null],
        ],
      },
      { name: "u", columns: ["column 1", "column 2", "column 3"], rows: [["3", "b\\", "2020"]] },
    ]);
  });

  test("of PostgreSQL, by INSERT and by COPY", async () => {
    const { tables } = await readText(
      "SET search_path = x;\nINSERT INTO \"public\".\"t\" (\"id\", v) VALUES (1, 'it''s \\', 7), (2, E'a\\nb'::text, now());\n" +
        "COPY public.c (id, email) FROM stdin;\n1\ta@example.com\n2\t\\N\n3\tx\\ty\n\\.\n\nINSERT INTO t (id) VALUES (9);\n",
    );
    expect(tables.map(({ name, rows }) => [name, rows])).toEqual([
      [
        "public.t",
        [
          ["1", "it's \\", "7"],
          ["2", "a\nb", "now"],
        ],
      ],
      [
        "public.c",
        [
          ["1", "a@example.com"],
          ["2", null],
          ["3", "x\ty"],
        ],
      ],
      ["t", [["9"]]],
    ]);
  });
});

describe("whatever comes", () => {
  const grammar = fc.constantFrom(
    ..."{}[]\"',;|\t\n\r\\`()-/*#: ".split(""),
    "INSERT INTO t VALUES ",
    "COPY t (a) FROM stdin;\n",
    "\\.\n",
    "email",
    "a@b.c",
    "NULL",
    "E'",
    "é",
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
    fc.array(grammar, { maxLength: 80 }).map((parts) => Buffer.from(parts.join(""))),
    fc.array(grammar, { maxLength: 80 }).map((parts) => Buffer.from(`INSERT INTO ${parts.join("")}`)),
    fc.array(grammar, { maxLength: 80 }).map((parts) => Buffer.from(`[{${parts.join("")}`)),
  );

  test("rows or a coded error, the same however the bytes arrive", async () => {
    await fc.assert(
      fc.asyncProperty(bytes, fc.integer({ min: 1, max: 40 }), async (given, size) => {
        const outcome = async (by: number): Promise<unknown> =>
          readBytes(given, by).catch((error: unknown) => {
            expect(error).toBeInstanceOf(WhosawError);
            return (error as WhosawError).message;
          });
        expect(await outcome(size)).toEqual(await outcome(1_000));
      }),
      { numRuns: 400 },
    );
  });

  test("packed files are named", async () => {
    await expect(readBytes(Buffer.from("1f8b0800", "hex"))).rejects.toThrow("gzip");
    await expect(readBytes(Buffer.from("504b0304", "hex"))).rejects.toThrow("ZIP");
    await expect(readBytes(Buffer.from([1, 0, 0, 0, 9, 0, 0, 5, 0]))).rejects.toThrow("zero bytes");
  });

  test("a quote that never ends, and a line that never ends, are kept only up to their limits", async () => {
    for (const text of [
      `a,b\n"${"x".repeat(200_000)}`,
      "x,".repeat(100_000),
      "INSERT INTO t VALUES ('".padEnd(200_000, "y"),
    ]) {
      const { tables } = await readText(text, 50_000);
      for (const { rows } of tables)
        for (const row of rows as readonly (readonly string[])[]) {
          expect(row.length).toBeLessThanOrEqual(LIMITS.foundColumnsMax);
          for (const value of row) expect(value.length).toBeLessThanOrEqual(LIMITS.foundValueCharsMax);
        }
    }
  });
});
