/** The subjects of a scope as CSV. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { resolve } from "node:path";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import type { ScopedSubject } from "../asks/scope.ts";
import { WhosawError } from "../base/errors.ts";
import type { Invocation } from "./command.ts";
import { csvRecord } from "./csv.ts";

const HEAD = csvRecord(["kind", "key", "first", "last", "disclosures", "shown", "fields", "masked", "searched_by"]);

/**
 * Reads batches to their end, and writes them where --csv says, if it is given.
 * @throws WhosawError FILE_UNWRITABLE, and as the batches
 */
export async function exportScope(
  invocation: Invocation,
  batches: AsyncIterable<readonly ScopedSubject[]>,
): Promise<void> {
  const file = invocation.option("csv");
  const out = file === undefined ? undefined : openCsv(invocation, file);
  let head = HEAD;
  for await (const batch of batches) {
    await out?.write(head + batch.map(csvLine).join(""));
    head = "";
  }
  await out?.end();
}

function csvLine(subject: ScopedSubject): string {
  const { kind, key, first, last, disclosures, opened, fields, masked, searchedBy } = subject;
  return csvRecord([kind, key, first, last, disclosures, opened ? "opened" : "listed", fields, masked, searchedBy]);
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
