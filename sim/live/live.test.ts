import { expect, test } from "vitest";
import { entriesOf, recordedStatements } from "../../test/e2e/recorded.ts";
import { AGENT_PASSWORD } from "../../test/rig/gateway.ts";
import { setScene } from "../../test/rig/scene.ts";
import { inventCustomer } from "../support-database/customer.ts";
import { DEFAULT_CUSTOMERS, DEFAULT_SEED } from "../support-database/fill.ts";
import { pagesYaml } from "../write/company-config.ts";
import { keyOfSubject, statementsOf } from "../write/history.ts";
import { pageForm, pageSql, PROBE, shapeNumber, shapeOf } from "../write/pages.ts";
import { smallHistory } from "../write/testing/small-history.ts";
import { liveHistory } from "./live.ts";
import { PAGES_TABLE_SQL } from "./pages-table.ts";

const scene = setScene({
  prepare: PAGES_TABLE_SQL,
  edit: (yaml) => yaml.replace("  caller:\n", `${pagesYaml()}  caller:\n`),
});
const history = smallHistory({ seed: 9, firstDay: 20_454, days: 3, statements: 120, customers: DEFAULT_CUSTOMERS });

test("the ledger holds what the company knows: whom each was shown, by which statements, which fields", async () => {
  const { gateway, database } = scene;
  const actors: string[] = [];
  for (const { id } of history.staff) actors.push((await gateway.signUp(id, "agent")).id);
  const url = (staff: string): string =>
    `postgres://${staff}:${encodeURIComponent(AGENT_PASSWORD)}@${gateway.host}:${gateway.port}/${database.name}`;
  const emailOf = (key: number | undefined): string =>
    key === undefined ? "nobody@example.com" : inventCustomer(key, DEFAULT_SEED).email;
  const lived = await liveHistory(history, { url, emailOf });

  const expected: string[] = [];
  const shapes = new Map([[pageSql(shapeOf(PROBE)), pageForm(shapeOf(PROBE), "")]]);
  for (const day of history.days())
    for (const statement of statementsOf(day)) {
      if ("probe" in statement) {
        const { staff, subject } = statement.probe;
        expected.push(`${actors[staff]} ${pageSql(shapeOf(PROBE))} ${subject < 0 ? "" : keyOfSubject(subject)}`);
        continue;
      }
      const { from, to } = statement;
      const shape = shapeOf(shapeNumber(day.fields[from]!, day.listed[from] === 1, to - from));
      const keys = [...new Set(day.subject.subarray(from, to))].map(keyOfSubject).sort((a, b) => a - b);
      expected.push(`${actors[day.staff[from]!]} ${pageSql(shape)} ${keys.join(" ")}`);
      shapes.set(pageSql(shape), pageForm(shape, ""));
    }
  const recorded = await recordedStatements(gateway);
  const found = recorded.map(
    ({ actor, text, uses }) => `${actor} ${text} ${uses.flatMap(({ keys }) => keys).join(" ")}`,
  );
  expect(found.toSorted()).toEqual(expected.toSorted());
  expect(lived.statements).toBe(expected.length);

  // What the fast path writes of a page's form is what the gateway has found out about it, apart from masks.
  for (const entry of await entriesOf(gateway)) {
    if (entry.kind !== "form") continue;
    const form = shapes.get(entry.text);
    expect(entry.uses).toEqual(form?.uses.map((use) => ({ ...use, masked: [] })));
    expect(entry.scope).toBe(form?.scope);
  }
  expect(gateway.complaints).toEqual([]);
});
