/** The subjects of a scope as CSV. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { resolve } from "node:path";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import type { ScopedSubject } from "../asks/scope.ts";
import { WhosawError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import type { Invocation } from "./command.ts";
import { csvRecord } from "./csv.ts";

const COLUMNS = [
  "kind",
  "key",
  "first",
  "last",
  "disclosures",
  "shown",
  "certainty",
  "fields",
  "masked",
  "searched_by",
];

/**
 * Reads batches to their end, and writes them where --csv says, if it is given; strata have a column for each name in
 * whosaw.yaml.
 * @throws WhosawError FILE_UNWRITABLE, and as the batches
 */
export async function exportScope(
  invocation: Invocation,
  { strata }: Pick<Config, "strata">,
  batches: AsyncIterable<readonly ScopedSubject[]>,
): Promise<void> {
  const names = [...new Set(strata.flatMap(({ columns }) => [...columns.keys()]))];
  const file = invocation.option("csv");
  const out = file === undefined ? undefined : openCsv(invocation, file);
  let head = csvRecord([...COLUMNS, ...names]);
  for await (const batch of batches) {
    await out?.write(head + batch.map((subject) => csvLine(subject, names)).join(""));
    head = "";
  }
  await out?.end();
}

function csvLine(subject: ScopedSubject, names: readonly string[]): string {
  const { kind, key, first, last, disclosures, opened, sure, fields, masked, searchedBy, strata } = subject;
  const [shown, certainty] = [opened ? "opened" : "listed", sure ? "sure" : "possible"];
  const values = names.map((name) => strata?.[name] ?? "");
  return csvRecord([kind, key, first, last, disclosures, shown, certainty, fields, masked, searchedBy, ...values]);
}

interface CsvOut {
  write(text: string): Promise<void>;
  end(): Promise<void>;
}

function openCsv({ context }: Invocation, file: string): CsvOut {
  if (file === "-") return { write: (text) => writeTo(context.stdout, text), end: () => Promise.resolve() };
  const stream = createWriteStream(resolve(context.cwd, file), { mode: 0o600 });
  const done = finished(stream).catch((cause: unknown) => {
    throw new WhosawError("FILE_UNWRITABLE", `${file} cannot be written.`, { cause, hint: "Choose another --csv." });
  });
  done.catch(() => undefined);
  return {
    write: async (text) => {
      await Promise.race([writeTo(stream, text), done]);
    },
    end: async () => {
      stream.end();
      await done;
    },
  };
}

async function writeTo(stream: Writable, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, "drain");
}
