/** The formats there are, and how a file shows which one it has. */
import { LIGHTNING_URI_COLUMNS, LightningUriRows } from "./formats/lightning-uri.ts";
import { LIST_VIEW_COLUMNS, ListViewRows } from "./formats/list-view.ts";
import { PLAIN_REQUIRED, PlainRows } from "./formats/plain.ts";
import { ZendeskRows } from "./formats/zendesk.ts";
import type { RowReader, RowSetting } from "./row.ts";

interface FormatSpec {
  readonly text: "csv" | "json";
  readonly reader: (setting: RowSetting) => RowReader<never>;
  /** Whether the beginning of a file is of it. @param header of the first line, for CSV */
  readonly detect: (start: string, header: ReadonlySet<string>) => boolean;
  /** Fields of rows that name none. */
  readonly fields: readonly string[];
}

export const FORMATS = {
  csv: {
    text: "csv",
    reader: (setting) => new PlainRows(setting),
    detect: (_, header) => PLAIN_REQUIRED.every((name) => header.has(name)),
    fields: ["other"],
  },
  zendesk: {
    text: "json",
    reader: (setting) => new ZendeskRows(setting),
    detect: (start) => /^[\s[]*\{/u.test(start) && start.includes('"timestamp"') && start.includes('"user_id"'),
    fields: ["contact", "content", "identity", "ticket"],
  },
  "lightning-uri": {
    text: "csv",
    reader: (setting) => new LightningUriRows(setting),
    detect: (_, header) => LIGHTNING_URI_COLUMNS.every((name) => header.has(name)),
    fields: ["contact", "content", "identity"],
  },
  "list-view": {
    text: "csv",
    reader: (setting) => new ListViewRows(setting),
    detect: (_, header) => LIST_VIEW_COLUMNS.every((name) => header.has(name)),
    fields: ["contact", "identity"],
  },
} as const satisfies Record<string, FormatSpec>;

export type Format = keyof typeof FORMATS;

/** By name. */
export function formatNamed(name: string): Format | undefined {
  return Object.hasOwn(FORMATS, name) ? (name as Format) : undefined;
}

/** @param start of the file */
export function detectFormat(start: string): Format | undefined {
  const first = /^\uFEFF?([^\r\n]*)/u.exec(start)?.[1] ?? "";
  const header = new Set(first.split(",").map((name) => name.replaceAll('"', "").trim()));
  return (Object.keys(FORMATS) as Format[]).find((name) => FORMATS[name].detect(start, header));
}
