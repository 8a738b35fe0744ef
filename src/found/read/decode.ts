/** Bytes to text: UTF-8, UTF-16 with or without a mark, else windows-1252, which every byte is a character of. */
import { WhosawError } from "../../base/errors.ts";

/** First bytes of files that hold no text, and what to do with them. */
const PACKED: readonly (readonly [bytes: string, what: string])[] = [
  ["1f8b", "is packed with gzip"],
  ["504b0304", "is a ZIP archive, as office documents are too"],
  ["504b0506", "is an empty ZIP archive"],
  ["28b52ffd", "is packed with zstd"],
  ["425a68", "is packed with bzip2"],
  ["fd377a585a00", "is packed with xz"],
  ["377abcaf271c", "is a 7z archive"],
  ["526172211a07", "is a RAR archive"],
  ["255044462d", "is a PDF document"],
  ["53514c69746520666f726d6174203300", "is an SQLite database"],
  ["5047444d50", "is a PostgreSQL dump in custom format"],
];

type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

/**
 * Which encoding text that starts so is in.
 * @param head up to a few ten thousand bytes
 * @throws WhosawError COPY_UNREADABLE for what is no text
 */
export function encodingOf(head: Uint8Array): Encoding {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.length);
  const start = bytes.subarray(0, 16).toString("hex");
  const packed = PACKED.find(([magic]) => start.startsWith(magic));
  if (packed !== undefined) throw noText(packed[1]);
  if (start.startsWith("fffe")) return "utf-16le";
  if (start.startsWith("feff")) return "utf-16be";
  const [even, odd] = zeroes(bytes);
  const half = bytes.length / 2;
  if (odd > half / 2 && even < half / 10) return "utf-16le";
  if (even > half / 2 && odd < half / 10) return "utf-16be";
  if (even + odd > 0) throw noText("holds zero bytes, as no text does");
  return isUtf8(bytes) ? "utf-8" : "windows-1252";
}

function noText(what: string): WhosawError {
  return new WhosawError("COPY_UNREADABLE", `The file ${what}.`, {
    hint: "Unpack it or export it as CSV, JSON or SQL text, and give that file.",
  });
}

function zeroes(bytes: Buffer): [even: number, odd: number] {
  let even = 0;
  let odd = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    if (bytes[i] !== 0) continue;
    if (i % 2 === 0) even += 1;
    else odd += 1;
  }
  return [even, odd];
}

/** At the end may be the beginning of a character. */
function isUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** Decodes pieces that may end in the middle of a character. What is no character becomes U+FFFD; a mark is left out. */
export function decoderOf(encoding: Encoding): (bytes?: Uint8Array) => string {
  const decoder = new TextDecoder(encoding);
  return (bytes) => (bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true }));
}
