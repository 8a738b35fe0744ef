import path from "node:path";
import type { BenchModule, BenchReport, BenchRow } from "../../../bench/report.ts";
import { WhosawError } from "../../base/errors.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";
import { formatTable } from "../output.ts";

/** Next to src/, in a checkout and in dist/; the ending is that of this file. */
const FOLDER = new URL("../../../bench/", import.meta.url);
const ENDING = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
/** What makes a file of that folder a bench, and no helper of one. */
const EXPORTS_RUN = /^export (?:async )?function run\(/mu;

export const benchCommand: Command = {
  name: "bench",
  summary: "Measure, side by side with what it is compared to",
  description:
    "Ratios come from one run, alternating, as medians of several rounds; absolute times on a shared machine are noise. Without NAME it lists the benches.",
  arguments: [{ name: "NAME", description: "which bench", optional: true }],
  options: [
    { flags: "--json [FILE]", description: "write JSON to FILE, and the picture beside it; without FILE print JSON" },
    { flags: "--quick", description: "fewer and shorter rounds: for a look, not to be quoted" },
    { flags: "--nightly", description: "more cases, on what nothing was tuned on (trace)" },
  ],
  examples: ["whosaw bench ledger", "whosaw bench gateway-point --json gateway-point.json"],
  async run(invocation) {
    const { output } = invocation;
    const names = await benchNames();
    const name = invocation.argument("NAME");
    if (name === undefined) {
      output.result(names, () => names.join("\n"));
      return EXIT.ok;
    }
    if (!names.includes(name))
      throw new WhosawError("USAGE", "There is no bench of that name.", { hint: `Choose one of ${names.join(", ")}.` });
    const [quick, nightly] = [invocation.flag("quick"), invocation.flag("nightly")];
    if (quick && nightly)
      throw new WhosawError("USAGE", "A run is either quick or nightly.", { hint: "Leave out one of the two." });
    const module = await loadBench(name);
    const { pictures, ...report } = await module.run({ progress: (text) => output.note(text), quick, nightly });
    const file = invocation.option("json");
    if (file !== undefined) await writeReport(report, pictures, path.resolve(invocation.context.cwd, file));
    if (output.json && file === undefined) output.jsonLine(report);
    else invocation.context.stdout.write(await reportTable(report));
    return report.rows.some((row) => row.met === false) ? EXIT.negative : EXIT.ok;
  },
};

/**
 * The databases and invented customers that benches measure with are development dependencies: a clone has them, the
 * published package does not.
 * @throws {WhosawError} PACKAGE_MISSING
 */
async function loadBench(name: string): Promise<BenchModule> {
  try {
    return (await import(new URL(`${name}${ENDING}`, FOLDER).href)) as BenchModule;
  } catch (cause) {
    const wanted = cause instanceof Error ? /^Cannot find package '([^']+)'/u.exec(cause.message)?.[1] : undefined;
    if (wanted === undefined) throw cause;
    throw new WhosawError(
      "PACKAGE_MISSING",
      `This bench needs the package ${wanted}, which is installed in a clone of whosaw only.`,
      { hint: `Run it there: npm run bench -- ${name}.`, cause },
    );
  }
}

async function benchNames(): Promise<string[]> {
  const { readdir, readFile } = await import("node:fs/promises");
  const files = (await readdir(FOLDER).catch(() => []))
    .filter((file) => file.endsWith(ENDING) && !file.endsWith(`.test${ENDING}`))
    .sort();
  const texts = await Promise.all(files.map(async (file) => readFile(new URL(file, FOLDER), "utf8")));
  return files.filter((_, index) => EXPORTS_RUN.test(texts[index] ?? "")).map((file) => file.slice(0, -ENDING.length));
}

async function reportTable(report: BenchReport): Promise<string> {
  const { formatNumber } = await import("../../../bench/report.ts");
  const columns = [
    { title: "CASE" },
    { title: "METRIC" },
    { title: "VALUE", align: "right" },
    { title: "95 %" },
    { title: "UNIT" },
    { title: "RATIO", align: "right" },
    { title: "VERSUS" },
    { title: "GOAL" },
    { title: "" },
  ] as const;
  const between = ({ low, high }: BenchRow): string =>
    low === undefined || high === undefined ? "" : `${formatNumber(low)} to ${formatNumber(high)}`;
  const rows = report.rows.map((row) => [
    row.case,
    row.metric,
    `${row.orMore === true ? ">= " : ""}${formatNumber(row.value)}`,
    between(row),
    row.unit,
    row.ratio === undefined ? "" : formatNumber(row.ratio),
    row.versus ?? "",
    row.goal ?? "",
    row.met === undefined ? "" : row.met ? "met" : "MISSED",
  ]);
  const withIntervals = report.rows.some(({ low }) => low !== undefined);
  const shown = columns.map(({ title }) => withIntervals || title !== "95 %");
  const only = <T>(cells: readonly T[]): T[] => cells.filter((_, at) => shown[at]);
  const { machine } = report;
  const leftOut = (report.leftOut ?? []).map((sentence) => `Left out: ${sentence}\n`).join("");
  const notes = (report.notes ?? []).map((sentence) => `Noticed: ${sentence}\n`).join("");
  return `${formatTable(only(columns), rows.map(only))}\n${notes}${leftOut}${machine.cpu}, ${machine.cores} cores, load ${formatNumber(machine.load)}, Node ${machine.node}, commit ${report.commit}\n`;
}

/** JSON, and the report's own pictures beside it or, without any, one with a bar a figure. */
async function writeReport(report: BenchReport, pictures: BenchReport["pictures"], target: string): Promise<void> {
  const { writeFile } = await import("node:fs/promises");
  const { drawReport } = await import("../../../bench/picture.ts");
  const { dir, name } = path.parse(target);
  const drawn = pictures?.map((each) => ({ file: `${name}-${each.name}.svg`, svg: each.svg })) ?? [
    { file: `${name}.svg`, svg: drawReport(report) },
  ];
  try {
    await writeFile(target, `${JSON.stringify(report, undefined, 2)}\n`);
    for (const { file, svg } of drawn) await writeFile(path.join(dir, file), svg);
  } catch (cause) {
    throw new WhosawError("FILE_UNWRITABLE", "The report cannot be written.", {
      hint: "Name a file in a folder that exists and that you may write.",
      cause,
    });
  }
}
