/** A file held in memory whole, up to a size: also what has none of its own, such as a device or a pipe. */
import { createReadStream } from "node:fs";
import { WhosawError } from "../base/errors.ts";

/**
 * @param what the file, as the error's subject
 * @returns its bytes; of a larger one `bytesMax + 1` or a little more, which says that it is too large
 * @throws WhosawError FILE_UNREADABLE
 */
export async function boundedFile(path: string, bytesMax: number, what: string): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > bytesMax) break;
    }
  } catch (cause) {
    throw new WhosawError("FILE_UNREADABLE", `${what} cannot be read.`, {
      hint: "Give a file that is there and readable for this user.",
      cause,
    });
  }
  return Buffer.concat(chunks);
}
