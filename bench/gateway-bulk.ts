/** Results of 10,000 rows, direct against whosaw, and the gateway's memory while it passes a result of many gigabytes. */
import { pgbench, type Route, Stand } from "./gateway/stand.ts";
import { type BenchOptions, type BenchReport, type BenchRow, makeReport, median } from "./report.ts";

const CUSTOMERS = 20_000;
const ROWS = 10_000;
const FIRST_CUSTOMER = 4001;
const MEGABYTE = 1e6;
const MEMORY_MAX_BYTES = 200 * MEGABYTE;
/** About 120 bytes a row: some gigabytes in the full run. */
const LARGE_FACTOR = { quick: 100, full: 4_000 };

const BULK = `SELECT id, name, email, phone, country FROM support.customers WHERE id BETWEEN ${FIRST_CUSTOMER} AND ${FIRST_CUSTOMER + ROWS - 1};\n`;

export async function run(options: BenchOptions): Promise<BenchReport> {
  const stand = await Stand.open({ customers: CUSTOMERS, progress: options.progress });
  try {
    const whosaw = await stand.whosaw(true);
    const rows = await throughput(stand, [stand.direct, await stand.copy(), whosaw], options);
    rows.push(await memory(stand, whosaw, options));
    return await makeReport("gateway-bulk", rows);
  } finally {
    await stand.close();
  }
}

async function throughput(stand: Stand, routes: readonly Route[], options: BenchOptions): Promise<BenchRow[]> {
  const script = await stand.script("bulk.sql", BULK);
  const rows: BenchRow[] = [];
  for (const clients of [1, 8]) {
    const results = new Map<string, number[]>(routes.map((route) => [route.name, []]));
    for (let round = 0; round < (options.quick ? 1 : 3); round++) {
      for (const route of routes) {
        options.progress(`${clients} clients, ${route.name}, round ${round + 1}`);
        const { perSecond } = await pgbench(route, {
          script,
          clients,
          seconds: options.quick ? 2 : 5,
          protocol: "prepared",
        });
        results.get(route.name)?.push(perSecond * ROWS);
      }
    }
    const rate = (name: string): number => median(results.get(name) ?? []);
    for (const { name } of routes) {
      const ratio = rate(name) / rate("direct");
      rows.push({
        case: `${clients} ${clients === 1 ? "client" : "clients"}, ${name}`,
        metric: "rows",
        value: Math.round(rate(name)),
        unit: "1/s",
        versus: "direct",
        ratio,
        ...(name === "whosaw" && { goal: ">= 0.7 of direct", met: ratio >= 0.7 }),
      });
    }
  }
  return rows;
}

/** One result that is read slowly enough to pile up, if it could. */
async function memory(stand: Stand, whosaw: Route, options: BenchOptions): Promise<BenchRow> {
  const factor = options.quick ? LARGE_FACTOR.quick : LARGE_FACTOR.full;
  const script = await stand.script(
    "large.sql",
    `COPY (SELECT c.* FROM support.customers c, generate_series(1, ${factor})) TO STDOUT;\n`,
  );
  options.progress(`one result of ${CUSTOMERS * factor} rows`);
  const { peakBytes, receivedBytes } = await stand.peakWhile(whosaw, script);
  return {
    case: `one result of ${(receivedBytes / 1e9).toFixed(1)} GB`,
    metric: "resident memory, peak",
    value: Math.round(peakBytes / MEGABYTE),
    unit: "MB",
    goal: `< ${MEMORY_MAX_BYTES / MEGABYTE} MB`,
    met: peakBytes < MEMORY_MAX_BYTES,
  };
}
