import fc from "fast-check";
import { expect, test } from "vitest";
import { CsvStream } from "./csv-stream.ts";
import { detectFormat, type Format, FORMATS } from "./formats.ts";
import { JsonStream } from "./json-stream.ts";
import { type ImportRow, RowProblem, type RowReader, type RowSetting } from "./row.ts";

const SETTING: RowSetting = {
  kinds: ["customer", "employee"],
  fields: new Set(["identity", "contact", "support.customers.email"]),
  defaultFields: ["other"],
  subjects: undefined,
  nowMs: Date.UTC(2026, 10, 22),
};

type Told = Pick<ImportRow, "line" | "actor" | "grade" | "page"> & { subject: string | undefined };

function rowsOf(
  text: string,
  setting: Partial<RowSetting> = {},
  format = detectFormat(text),
): { rows: Told[]; ignored: number } {
  const { text: kind, reader } = FORMATS[format as Format];
  const stream = kind === "csv" ? new CsvStream() : new JsonStream();
  const taking: RowReader<never> = reader({ ...SETTING, ...setting });
  const rows: Told[] = [];
  const emit = ({ line, actor, subject, grade, page }: ImportRow): void =>
    void rows.push({ line, actor, subject, grade, page });
  for (const record of [...stream.push(text), ...stream.end()]) taking.take(record as never, emit);
  taking.end(emit);
  return { rows, ignored: taking.ignored };
}

const problemOf = (text: string, format?: Format): string => {
  try {
    rowsOf(text, {}, format);
    return "none";
  } catch (error) {
    if (!(error instanceof RowProblem)) throw error;
    return `${error.line}: ${error.message}`;
  }
};

const zendesk = (url: string, more: object = {}): string =>
  JSON.stringify({ id: "1", timestamp: "2026-03-01T09:00:00Z", user_id: 7, method: "GET", url, status: 200, ...more });
const SUBJECTS = new Map([
  ["ticket:1", "4711"],
  ["2", "4712"],
  ["user:9", "4711"],
]);

test.each([
  ["a ticket", "https://x.zendesk.com/api/v2/tickets/1.json?include=users", {}, ["4711 exact"]],
  ["what belongs to a ticket, of a mapping without prefix", "/api/v2/tickets/2/comments", {}, ["4712 exact"]],
  ["the agent's page of a ticket", "/agent/tickets/1?brand=2", {}, ["4711 exact"]],
  ["a user", "/api/v2/users/9", {}, ["4711 exact"]],
  ["a ticket that no mapping names", "/api/v2/tickets/3", {}, ["? possible"]],
  ["several", "/api/v2/tickets/show_many.json?ids=1,2,3", {}, ["4711 exact", "4712 exact", "? possible"]],
  ["a list", "/api/v2/tickets.json?page=2", {}, ["? possible"]],
  ["a search", "/api/v2/search.json?query=x", {}, ["? possible"]],
  [
    "a query that names one",
    "/graphql",
    { graphql: { operation_name: "t", query: '{ticket(id: "1"){id}}' } },
    ["4711 page-level"],
  ],
  ["a query about people", "/graphql", { graphql: { operation_name: "ticketList", query: "q" } }, ["? possible"]],
  ["a query about nobody", "/graphql", { graphql: { operation_name: "macros", query: "{macros{id}}" } }, []],
  ["a page without people", "/api/v2/macros.json", {}, []],
  ["a refusal", "/api/v2/tickets/1", { status: 403 }, []],
  ["a program of Zendesk's", "/api/v2/tickets/1", { user_id: -1 }, []],
])("Zendesk: %s", (_name, url, more, expected) => {
  const { rows, ignored } = rowsOf(zendesk(url, more), { subjects: SUBJECTS });
  expect(rows.map(({ subject, grade }) => `${subject ?? "?"} ${grade}`)).toEqual(expected);
  expect(rows.every(({ actor }) => actor === "zendesk:7")).toBe(true);
  expect(ignored).toBe(expected.length === 0 ? 1 : 0);
});

const [CONTACT, SHORT, USER] = ["003D000000QYVZDIA5", "003D000000QYVZD", "005B0000001vURv"];

test("Salesforce: a record's page, by either length of its id; a home page shows nobody", () => {
  const text = `"EventDate","UserId","RecordId","QueriedEntities"
"2026-03-01T09:00:00.000+0000","${USER}","${CONTACT}","Contact"
"2026-03-01T09:00:01.000Z","${USER}","${SHORT}",""
"2026-03-01T09:00:02.000Z","${USER}","","Contact"
"2026-03-01T09:00:03.000Z","${USER}","",""\r\n`;
  const { rows, ignored } = rowsOf(text);
  expect(rows.map(({ line, subject, grade }) => [line, subject, grade])).toEqual([
    [2, CONTACT, "exact"],
    [3, CONTACT, "exact"],
    [4, undefined, "possible"],
  ]);
  expect(new Set(rows.map(({ actor }) => actor))).toEqual(new Set(["salesforce:005B0000001vURvIAM"]));
  expect(ignored).toBe(1);
  const mapped = rowsOf(text, { subjects: new Map([[SHORT, "4711"]]) });
  expect(mapped.rows.map(({ subject }) => subject)).toEqual(["4711", "4711", undefined]);
});

test("Salesforce: lists in chunks, whose text may go on in the next; rows that are missing are possible", () => {
  const list = (rows: readonly string[][], totalSize = rows.length): string =>
    JSON.stringify({ totalSize, rows: rows.map((datacells) => ({ datacells })) });
  const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const event = (records: string, execution: string, sequence: number, processed: number): string =>
    `2026-03-01T09:00:00Z,${USER},${cell(records)},${execution},${sequence},${processed}\n`;
  const cut = list([[CONTACT ?? "", "Jane Doe"]]);
  const text =
    "EventDate,UserId,Records,ExecutionIdentifier,Sequence,RowsProcessed\n" +
    event(list([["Constantinopoli", CONTACT ?? ""]]), "", 0, 1) +
    event(cut.slice(0, 20), "e1", 1, 12) +
    event(cut.slice(20), "e1", 2, 12) +
    event(list([["no id here"]]), "e2", 1, 1);
  expect(rowsOf(text).rows).toMatchObject([
    { line: 2, subject: CONTACT, grade: "exact", page: false },
    { line: 4, subject: CONTACT, grade: "exact", page: true },
    { line: 3, subject: undefined, grade: "possible" },
    { line: 5, subject: undefined, grade: "possible" },
  ]);
  expect(problemOf(`EventDate,UserId,Records\n2026-03-01T09:00:00Z,${USER},nonsense\n`)).toMatch(/^2: Its Records/u);
});

test.each([
  ["at,actor\n", "csv", "1: The header lacks subject."],
  ["at,actor,subject,phone\n", "csv", "1: The header has a column that is none of"],
  ["at,actor,subject\n2026-03-01,a,1\n", "csv", "2: Its time is no instant"],
  ["at,actor,subject\n2027-03-01T00:00:00Z,a,1\n", "csv", "2: Its time is before the year 2000, or in the future"],
  ["at,actor,subject\n2026-03-01T00:00:00Z,a\n", "csv", "2: It has 2 fields; the header has 3."],
  ["at,actor,subject,grade\n2026-03-01T00:00:00Z,a,,exact\n", "csv", "2: It is exact, and names no subject"],
  ["at,actor,subject,kind\n2026-03-01T00:00:00Z,a,1,cat\n", "csv", "2: It is of a kind of subject"],
  ['{"timestamp":"x","url":"/tickets/1","user_id":1}\n', "zendesk", "1: Its time"],
  ['\n{"id":1}\n', "zendesk", "2: It has no timestamp and url"],
] as const)("%j is told as wrong", (text, format, message) => {
  expect(problemOf(text, format)).toContain(message);
});

test("whatever a file holds, it is rows or a problem", () => {
  const cell = fc.constantFrom(
    "2026-03-01T09:00:00Z",
    "",
    "1",
    USER,
    CONTACT,
    '{"rows":[{"datacells":[1,"x"]}]}',
    '{"rows":[null]}',
    "é\n",
  );
  const names = fc.constantFrom(
    "at",
    "actor",
    "subject",
    "EventDate",
    "UserId",
    "Records",
    "RecordId",
    "ExecutionIdentifier",
    "RowsProcessed",
  );
  const csv = fc
    .array(fc.array(cell, { minLength: 3, maxLength: 5 }))
    .chain((rows) =>
      fc
        .uniqueArray(names, { minLength: 3, maxLength: 5 })
        .map((header) =>
          [header, ...rows].map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(",")).join("\n"),
        ),
    );
  const json = fc
    .record({
      timestamp: cell,
      url: fc.webUrl({ withQueryParameters: true }),
      user_id: fc.nat(),
      graphql: fc.jsonValue({ maxDepth: 2 }),
      status: fc.jsonValue({ maxDepth: 1 }),
    })
    .map((value) => JSON.stringify(value));
  fc.assert(
    fc.property(fc.oneof(csv, json), fc.constantFrom(...(Object.keys(FORMATS) as Format[])), (text, format) => {
      expect(typeof problemOf(text, format)).toBe("string");
    }),
    { numRuns: 1_000 },
  );
});
