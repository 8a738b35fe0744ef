/** What a person hands to the verifier on a command line: keys and files. */
import { readdirSync, statSync } from "node:fs";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { isMissing, readWhole } from "./files.ts";
import { KEY_HINT, parseVerifierKey } from "./note.ts";

/**
 * Reads a file that was named on the command line.
 * @throws WhosawError FILE_UNREADABLE
 */
export function readInput(path: string, bytesMax: number): Buffer {
  const bytes = readIfThere(path, bytesMax);
  if (bytes === undefined)
    throw new WhosawError("FILE_UNREADABLE", `There is no file ${path}.`, { hint: "Check the path." });
  return bytes;
}

function readIfThere(path: string, bytesMax: number): Buffer | undefined {
  try {
    const bytes = readWhole(path, bytesMax);
    if (bytes !== undefined || statSync(path, { throwIfNoEntry: false }) === undefined) return bytes;
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw new WhosawError("FILE_UNREADABLE", `${path} cannot be read.`, { cause, hint: "Check its permissions." });
  }
  throw new WhosawError("FILE_UNREADABLE", `${path} is a folder, not a file.`, { hint: "Name a file in it." });
}

/**
 * A verifier key, given as it is or as the name of a file that holds nothing else.
 * @param option as it was written: `--vkey`
 * @throws WhosawError USAGE for a key that is none, FILE_UNREADABLE
 */
export function keyInput(option: string, value: string): string {
  if (value === "") throw new WhosawError("USAGE", `${option} is empty.`, { hint: KEY_HINT });
  if (/^[^\s+]+\+[0-9a-f]{8}\+/.test(value)) {
    parseVerifierKey(value, option);
    return value.trim();
  }
  const bytes = readIfThere(value, LIMITS.keyFileBytesMax);
  if (bytes === undefined) {
    throw new WhosawError(
      "FILE_UNREADABLE",
      `There is no file ${value}, and as a key ${option} would be NAME+ID+KEY.`,
      {
        hint: KEY_HINT,
      },
    );
  }
  const text = bytes.toString("utf8");
  parseVerifierKey(text, `${value}, given as ${option},`);
  return text.trim();
}

/**
 * The folder of a log.
 * @throws WhosawError FILE_UNREADABLE
 */
export function folderInput(path: string): string {
  let isFolder: boolean | undefined;
  try {
    isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory();
    // Listed, since a folder can be there and be closed to this user.
    if (isFolder === true) readdirSync(path);
  } catch (cause) {
    if (!isMissing(cause))
      throw new WhosawError("FILE_UNREADABLE", `${path} cannot be read.`, { cause, hint: "Check its permissions." });
  }
  if (isFolder === true) return path;
  const message = isFolder === false ? `${path} is a file, and a ledger is a folder.` : `There is no folder ${path}.`;
  throw new WhosawError("FILE_UNREADABLE", message, { hint: "Check the path: ledger.dir in whosaw.yaml names it." });
}

/** A percentage on a terminal, nothing anywhere else. */
export function progressLine(stderr: { readonly isTTY?: boolean; write(text: string): unknown }): {
  readonly show: (done: number, size: number) => void;
  readonly clear: () => void;
} {
  let shown = "";
  return {
    show: (done, size) => {
      const text = `verifying ${Math.floor((100 * done) / size)} %`;
      if (stderr.isTTY !== true || text === shown) return;
      shown = text;
      stderr.write(`\r${text}`);
    },
    clear: () => {
      if (shown !== "") stderr.write(`\r${" ".repeat(shown.length)}\r`);
    },
  };
}
