/** Ids in an access log, and what they are here: `id,subject` or `id,actor`. */
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { csvRecords } from "../base/csv-reader.ts";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";

/**
 * @param column what the second column is called
 * @throws WhosawError FILE_UNREADABLE, IMPORT_INVALID with the line
 */
export async function readMapping(path: string, column: "subject" | "actor"): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  let header = true;
  for (const { line, fields } of csvRecords(await textOf(path), ",")) {
    const [id = "", value = ""] = (fields ?? []).map((field) => field.trim());
    if (header) {
      if (fields?.length !== 2 || id.replace(/^\uFEFF/u, "") !== "id" || value !== column)
        throw wrong(path, line, `the header is not id,${column}`);
    } else if (fields?.length !== 2 || id === "" || value === "") throw wrong(path, line, "it is not two fields");
    else if ((found.get(id) ?? value) !== value) throw wrong(path, line, "its id stands before, with another value");
    else found.set(id, value);
    header = false;
  }
  return found;
}

async function textOf(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    const file = await open(path, "r");
    try {
      if ((await file.stat()).size > LIMITS.importMappingBytesMax) throw wrong(path, 1, "the file is too large");
      bytes = await file.readFile();
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof WhosawError) throw cause;
    const hint = "Give the path of a file on this machine.";
    throw new WhosawError("FILE_UNREADABLE", `${basename(path)} cannot be read.`, { hint, cause });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw wrong(path, 1, "the file is not UTF-8");
  }
}

function wrong(path: string, line: number, what: string): WhosawError {
  return new WhosawError("IMPORT_INVALID", `${basename(path)}:${line}: ${what}.`, {
    hint: "Write two columns under the header id,subject or id,actor, in UTF-8; docs/importing.md has an example.",
  });
}
