/** Three pictures: how soon it may be said, whether a posterior means what it says, and what each method needs. */
import { escapeText } from "../picture.ts";
import { median } from "../report.ts";
import { type Bin, Calibration } from "./calibration.ts";
import { guiltyIn } from "./figures.ts";
import { NEVER, settledAfter, shareAfter } from "./needed.ts";
import { byWorld, METHODS, type Method, type Outcome } from "./outcome.ts";

const STYLE = `<style>
text{fill:#333}.title{font-size:14px;font-weight:bold}.small{fill:#777;font-size:10px}.axis{stroke:#999;fill:none}
.other{stroke:#c07a2c;fill:none;stroke-width:1.5;stroke-dasharray:4 3}.ours{stroke:#2f6fab;fill:none;stroke-width:2}.dot{fill:#2f6fab}
@media (prefers-color-scheme:dark){text{fill:#ddd}.small{fill:#aaa}.axis{stroke:#888}.other{stroke:#e0a050}.ours{stroke:#6fb1ee}.dot{fill:#6fb1ee}}
</style>`;
const COLORS: Readonly<Record<Method, string>> = {
  trace: "#3f86c6",
  count: "#c07a2c",
  "guilt score": "#a0629e",
  "EM mixture": "#5f9a5a",
};

export interface Picture {
  /** Behind the report's name. */
  readonly name: string;
  readonly svg: string;
}

export function picturesOf(outcomes: readonly Outcome[]): readonly Picture[] {
  const worlds = [...byWorld(outcomes)].filter(([, cases]) => guiltyIn(cases));
  return [
    { name: "power", svg: drawPower(worlds) },
    { name: "calibration", svg: drawCalibration(new Calibration(outcomes).bins()) },
    { name: "needed", svg: drawNeeded(worlds) },
  ];
}

type Worlds = readonly (readonly [string, readonly Outcome[]])[];

const PANEL = { width: 150, height: 90, across: 4, left: 34, top: 66, gapX: 26, gapY: 44 };

/** A panel a world: the share of cases in which whoever leaked may be named, and is first, against the reports. */
function drawPower(worlds: Worlds): string {
  const panels = worlds.map(([world, cases], at) => {
    const x = PANEL.left + (at % PANEL.across) * (PANEL.width + PANEL.gapX);
    const y = PANEL.top + Math.floor(at / PANEL.across) * (PANEL.height + PANEL.gapY);
    const most = Math.max(...cases.map(({ reports }) => reports));
    const line = (kind: string, holds: (one: Outcome, reports: number) => boolean): string => {
      const points = Array.from({ length: most }, (_, index) => {
        const share = cases.filter((one) => holds(one, index + 1)).length / cases.length;
        return `${round(x + ((index + 1) / most) * PANEL.width)},${round(y + (1 - share) * PANEL.height)}`;
      });
      return `<polyline class="${kind}" points="${points.join(" ")}"/>`;
    };
    const named = ({ kind, evidence, spoken }: Outcome, reports: number): boolean =>
      ((kind === "pair" ? spoken : evidence) ?? NEVER) <= reports;
    return `<text x="${x}" y="${y - 6}">${escapeText(world)}</text><path class="axis" d="M${x} ${y}v${PANEL.height}h${PANEL.width}"/>
<text x="${x - 4}" y="${y + 9}" text-anchor="end" class="small">1</text><text x="${x + PANEL.width}" y="${y + PANEL.height + 12}" text-anchor="end" class="small">${most}</text>
${line("other", ({ right }, reports) => right.trace[Math.min(reports, right.trace.length) - 1] === true)}${line("ours", named)}`;
  });
  const rows = Math.ceil(worlds.length / PANEL.across);
  const width = PANEL.left + PANEL.across * (PANEL.width + PANEL.gapX);
  const legend = `<path class="ours" d="M8 38h24"/><text x="38" y="42">evidence-grade (two: lead-pair)</text><path class="other" d="M240 38h24"/><text x="270" y="42">first among suspects</text>`;
  return documentOf(
    width,
    PANEL.top + rows * (PANEL.height + PANEL.gapY),
    "Share of cases, against reports",
    legend + panels.join("\n"),
  );
}

const SQUARE = 300;

/** A dot a bin: what was stated, and how often it was right; as large as its weight. */
function drawCalibration(bins: readonly Bin[]): string {
  const [left, top] = [50, 40];
  const all = bins.reduce((sum, { weight }) => sum + weight, 0);
  const dots = bins.map(({ weight, stated, right }) => {
    const radius = 3 + 14 * Math.sqrt(weight / all);
    return `<circle class="dot" fill-opacity=".75" cx="${round(left + stated * SQUARE)}" cy="${round(top + (1 - right) * SQUARE)}" r="${round(radius)}"/>`;
  });
  const axes = `<path class="axis" d="M${left} ${top}v${SQUARE}h${SQUARE}"/><path class="other" d="M${left} ${top + SQUARE}L${left + SQUARE} ${top}"/>
<text x="${left - 6}" y="${top + 10}" text-anchor="end" class="small">1</text><text x="${left - 6}" y="${top + SQUARE}" text-anchor="end" class="small">0</text><text x="${left + SQUARE}" y="${top + SQUARE + 14}" text-anchor="end" class="small">1</text>
<text x="${left + SQUARE / 2}" y="${top + SQUARE + 26}" text-anchor="middle">posterior of the first suspect</text><text transform="translate(${left - 22} ${top + SQUARE / 2}) rotate(-90)" text-anchor="middle">share that leaked</text>`;
  return documentOf(SQUARE + 110, SQUARE + 90, "Stated, and true", axes + dots.join(""));
}

const BAR = { left: 130, width: 260, height: 7, gap: 14, top: 62 };

/** Bars up to the median, thin lines up to where 99 % of cases are right; a line that ends nowhere never gets there. */
function drawNeeded(worlds: Worlds): string {
  let y = BAR.top;
  const most = Math.max(1, ...worlds.flatMap(([, cases]) => cases.map(({ reports }) => reports)));
  const wide = (reports: number): number => round((Math.min(reports, most) / most) * BAR.width);
  const parts: string[] = [];
  for (const [world, cases] of worlds) {
    parts.push(`<text x="${BAR.left - 8}" y="${y + 18}" text-anchor="end">${escapeText(world)}</text>`);
    for (const method of METHODS) {
      const right = cases.map((one) => one.right[method]);
      const nearly = shareAfter(right, 0.99);
      const color = COLORS[method];
      parts.push(
        `<rect x="${BAR.left}" y="${y}" width="${wide(median(right.map(settledAfter)))}" height="${BAR.height - 1}" fill="${color}"/><path d="M${BAR.left} ${y + 3}h${wide(nearly)}" stroke="${color}" stroke-width="1.5"/>`,
        nearly > most
          ? `<text x="${BAR.left + BAR.width + 4}" y="${y + 7}" font-size="8">&gt; ${most}</text>`
          : `<path d="M${BAR.left + wide(nearly)} ${y}v6" stroke="${color}" stroke-width="2"/>`,
      );
      y += BAR.height;
    }
    y += BAR.gap;
  }
  const legend = METHODS.map(
    (method, at) =>
      `<rect x="${8 + at * 100}" y="34" width="10" height="10" fill="${COLORS[method]}"/><text x="${22 + at * 100}" y="43">${method}</text>`,
  );
  const title = "Reports until the first is right: median, and 99 % of cases";
  return documentOf(BAR.left + BAR.width + 50, y, title, legend.join("") + parts.join("\n"));
}

function documentOf(width: number, height: number, title: string, body: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="11">
${STYLE}
<text x="8" y="20" class="title">${title}</text>
${body}
</svg>
`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
