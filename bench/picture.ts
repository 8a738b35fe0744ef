/** A bench report as an SVG picture: one bar per figure, grouped by metric, a missed goal hatched. */
import { type BenchReport, type BenchRow, formatNumber } from "./report.ts";

/** Right of the labels: the longest bar, and its figure with ratio and goal. */
const FIGURES_PX = 560;
/** A letter of the labels' font, on average and a little more. */
const LETTER_PX = 6.5;
const BAR_PX = 330;
const ROW_PX = 22;
const HEAD_PX = 34;

/** @returns a whole SVG document, readable on light and dark grounds */
export function drawReport(report: BenchReport): string {
  const metrics = new Map<string, BenchRow[]>();
  for (const row of report.rows) {
    const name = `${row.metric} (${row.unit})`;
    metrics.set(name, [...(metrics.get(name) ?? []), row]);
  }
  const longest = Math.max(0, ...report.rows.map((row) => row.case.length));
  const labelPx = Math.ceil(longest * LETTER_PX) + 16;
  const parts: string[] = [];
  let top = HEAD_PX;
  for (const [name, rows] of metrics) {
    parts.push(`<text x="8" y="${top + 18}" class="metric">${escapeText(name)}</text>`);
    top += HEAD_PX - 6;
    const most = Math.max(...rows.map((row) => Math.abs(row.value)), Number.MIN_VALUE);
    for (const row of rows) {
      parts.push(drawRow(row, { top, labelPx, most }));
      top += ROW_PX;
    }
  }
  const { machine } = report;
  const foot = `${machine.cpu}, ${machine.cores} cores, ${machine.system}, Node ${machine.node}, commit ${report.commit}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${labelPx + FIGURES_PX}" height="${top + HEAD_PX}" font-family="sans-serif" font-size="12">
<style>text{fill:#333}.title{font-size:15px;font-weight:bold}.metric{font-weight:bold}.foot{fill:#777;font-size:10px}.value{font-variant-numeric:tabular-nums}
@media (prefers-color-scheme:dark){text{fill:#ddd}.foot{fill:#999}}</style>
<defs><pattern id="missed" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#b3541e"/><rect width="2" height="6" fill="#e8a87c"/></pattern></defs>
<text x="8" y="22" class="title">${escapeText(report.bench)}</text>
${parts.join("\n")}
<text x="8" y="${top + 22}" class="foot">${escapeText(foot)}</text>
</svg>
`;
}

interface Place {
  readonly top: number;
  readonly labelPx: number;
  /** The value whose bar is the longest. */
  readonly most: number;
}

function drawRow(row: BenchRow, { top, labelPx, most }: Place): string {
  const width = Math.max(1, Math.round((Math.abs(row.value) / most) * BAR_PX));
  const fill = row.met === false ? "url(#missed)" : row.versus === undefined ? "#8a94a6" : "#2f6fab";
  const ratio = row.ratio === undefined ? "" : `  ${formatNumber(row.ratio)} of ${row.versus ?? "?"}`;
  const goal = row.goal === undefined ? "" : `  (goal ${row.goal}${row.met === false ? ", missed" : ""})`;
  return `<text x="${labelPx - 8}" y="${top + 14}" text-anchor="end">${escapeText(row.case)}</text><rect x="${labelPx}" y="${top + 3}" width="${width}" height="14" rx="2" fill="${fill}"/><text x="${labelPx + width + 6}" y="${top + 14}" class="value">${escapeText(formatNumber(row.value) + ratio + goal)}</text>`;
}

/** As text of an SVG document. */
export function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
