/** Encodings, by name. */
const EMBEDS_ASCII =
  /^(sjis|shiftjis(2004)?|mskanji|win932|windows932|big5|win950|windows950|gbk|win936|windows936|gb18030|uhc|win949|windows949|johab)$/;

/**
 * A byte below 0x80 can be part of a character: rows cannot be cut at their delimiters, nor statements at their quotes.
 * Compares names as PostgreSQL does: letters and digits only, any case.
 */
export function embedsAscii(encoding: string): boolean {
  return EMBEDS_ASCII.test(encoding.toLowerCase().replaceAll(/[^a-z0-9]/g, ""));
}
