/** Small files beside a trace, such as who is in which team; and bytes of any file, or of standard input. */
import { constants, createReadStream } from "node:fs";
import { access } from "node:fs/promises";
import { resolve } from "node:path";
import { WhosawError } from "../base/errors.ts";
import { nothingRead, readCopy } from "../found/read/read.ts";
import type { Invocation } from "./command.ts";

/** Actor to team, by the first row's `actor` and `team`. */
export async function teamsOf(invocation: Invocation): Promise<Readonly<Record<string, string>> | undefined> {
  const [head, ...rows] = await linesOf(invocation, invocation.option("teams"));
  if (head === undefined) return undefined;
  const [actor, team] = [head.indexOf("actor"), head.indexOf("team")];
  if (actor === -1 || team === -1) {
    throw new WhosawError("USAGE", "The file of --teams does not say which columns are actor and team.", {
      hint: "Write a first line with these names: actor,team.",
    });
  }
  return Object.fromEntries(rows.flatMap((row) => (row[actor] && row[team] ? [[row[actor], row[team]] as const] : [])));
}

/** Rows of a small delimited file, its first line among them. */
export async function linesOf(invocation: Invocation, file: string | undefined): Promise<string[][]> {
  if (file === undefined) return [];
  const lines: string[][] = [];
  for await (const { table, rows } of readCopy(fileBytes(invocation, file), nothingRead())) {
    if (lines.length === 0 && table.columns[0] !== "column 1") lines.push([...table.columns]);
    for (const row of rows) lines.push(row.map((value) => value?.trim() ?? ""));
  }
  return lines;
}

export async function* fileBytes({ context }: Invocation, file: string): AsyncGenerator<Uint8Array, void, undefined> {
  if (file === "-") {
    for await (const chunk of context.stdin)
      yield typeof chunk === "string" ? Buffer.from(chunk) : (chunk as Uint8Array);
    return;
  }
  try {
    for await (const chunk of createReadStream(resolve(context.cwd, file), { highWaterMark: 1 << 18 }))
      yield chunk as Uint8Array;
  } catch (cause) {
    if (cause instanceof WhosawError) throw cause;
    throw unreadable(file, cause);
  }
}

/** For a file that is read only after something else was asked for. @throws WhosawError FILE_UNREADABLE */
export async function assertReadable({ context }: Invocation, file: string): Promise<void> {
  if (file === "-") return;
  await access(resolve(context.cwd, file), constants.R_OK).catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
}

function unreadable(file: string, cause: unknown): WhosawError {
  const hint = "See that it is there and may be read.";
  return new WhosawError("FILE_UNREADABLE", `${file} cannot be read.`, { cause, hint });
}
