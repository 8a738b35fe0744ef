/** What a person hands to the verifier on a command line: keys and files. */
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { readWhole } from "./files.ts";
import { parseVerifierKey } from "./note.ts";

/**
 * Reads a file that was named on the command line.
 * @throws WhosawError FILE_UNREADABLE
 */
export function readInput(path: string, bytesMax: number): Buffer {
  let bytes: Buffer | undefined;
  try {
    bytes = readWhole(path, bytesMax);
  } catch (cause) {
    throw new WhosawError("FILE_UNREADABLE", `${path} cannot be read`, { cause, hint: "check its permissions" });
  }
  if (bytes === undefined)
    throw new WhosawError("FILE_UNREADABLE", `there is no file ${path}`, { hint: "check the path" });
  return bytes;
}

/** A verifier key, given as it is or as the name of a file that holds nothing else. */
export function keyInput(value: string): string {
  const text = /^[^\s+]+\+[0-9a-f]{8}\+/.test(value)
    ? value
    : readInput(value, LIMITS.keyFileBytesMax).toString("utf8");
  parseVerifierKey(text);
  return text.trim();
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
