/** SASLprep (RFC 4013) of passwords, as PostgreSQL does it. */
import {
  type CodePoints,
  LEFT_TO_RIGHT,
  MAPPED_TO_NOTHING,
  NON_ASCII_SPACES,
  PROHIBITED,
  RIGHT_TO_LEFT,
  UNASSIGNED,
  has,
} from "./stringprep-tables.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Prepares a password for hashing. Where RFC 4013 finds a password unfit (not UTF-8, prohibited or unassigned
 * characters, mixed directions), its bytes are used as they are: so does PostgreSQL, and both sides must agree.
 * PostgreSQL looks for unfit characters after mapping and before normalization; so does this.
 */
export function saslprep(password: Buffer): Buffer {
  if (!password.some((byte) => byte > 127)) return password;
  let text: string;
  try {
    text = utf8.decode(password);
  } catch {
    return password;
  }
  const mapped = Array.from(text, (character) => character.codePointAt(0)!)
    .filter((code) => has(NON_ASCII_SPACES, code) || !has(MAPPED_TO_NOTHING, code))
    .map((code) => (has(NON_ASCII_SPACES, code) ? 0x20 : code));
  if (mapped.length === 0 || !isFit(mapped)) return password;
  return Buffer.from(
    mapped
      .map((code) => String.fromCodePoint(code))
      .join("")
      .normalize("NFKC"),
    "utf8",
  );
}

function isFit(codes: readonly number[]): boolean {
  const some = (set: CodePoints): boolean => codes.some((code) => has(set, code));
  if (some(PROHIBITED) || some(UNASSIGNED)) return false;
  if (!some(RIGHT_TO_LEFT)) return true;
  return !some(LEFT_TO_RIGHT) && has(RIGHT_TO_LEFT, codes[0]!) && has(RIGHT_TO_LEFT, codes.at(-1)!);
}
