/** Telephone numbers as they are compared, however they are written. */
import { parsePhoneNumberFromString } from "libphonenumber-js/min";

/** ITU-T E.164; fewer digits are a part of a number, or something else. */
const DIGITS_MIN = 7;
const DIGITS_MAX = 15;
/** So many digits at the end are the same for two numbers only by accident. */
export const PHONE_TAIL_DIGITS = 8;
const TEXT_CHARS_MAX = 40;

/** Digits alone; undefined for what is no number. */
export function phoneDigits(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed.length > TEXT_CHARS_MAX || !/^(?:tel:)?[+(\d][\d\s().\-/ ]*$/u.test(trimmed)) return undefined;
  const digits = trimmed.replace(/\D/gu, "");
  return digits.length >= DIGITS_MIN && digits.length <= DIGITS_MAX + 2 ? digits : undefined;
}

/** Spellings in which a database is likely to hold a number. */
export function phoneForms(text: string): readonly string[] {
  const digits = phoneDigits(text);
  if (digits === undefined) return [];
  const whole = digits.replace(/^00/u, "");
  return [...new Set([text.trim(), digits, `+${whole}`, whole])];
}

/** What two spellings of a number have in common, national or international. */
export function phoneTail(text: string): string | undefined {
  const digits = phoneDigits(text);
  return digits === undefined || digits.length < PHONE_TAIL_DIGITS ? undefined : digits.slice(-PHONE_TAIL_DIGITS);
}

/** The same made by the database. @param column quoted */
export function phoneTailSql(column: string): string {
  return `right(translate(${column}, ' +-()./', ''), ${PHONE_TAIL_DIGITS})`;
}

/** Whether both are the same number. One of them may be national: it is then read as one of the other's country. */
export function samePhone(a: string, b: string): boolean {
  const [digitsA, digitsB] = [phoneDigits(a), phoneDigits(b)];
  if (digitsA === undefined || digitsB === undefined) return false;
  if (digitsA.replace(/^00/u, "") === digitsB.replace(/^00/u, "")) return true;
  // Cheap before dear: what does not end alike is not the same.
  const tail = Math.min(DIGITS_MIN, digitsA.length, digitsB.length);
  if (digitsA.slice(-tail) !== digitsB.slice(-tail)) return false;
  const [known, other] = isInternational(b) ? [b, a] : [a, b];
  const read = parsePhoneNumberFromString(international(known));
  if (read === undefined) return digitsA.replace(/^0+/u, "") === digitsB.replace(/^0+/u, "");
  const second = isInternational(other)
    ? parsePhoneNumberFromString(international(other))
    : parsePhoneNumberFromString(other, { defaultCallingCode: read.countryCallingCode });
  return second?.number === read.number;
}

function isInternational(text: string): boolean {
  return /^\s*(?:tel:)?(?:\+|00)/u.test(text);
}

function international(text: string): string {
  return text.trim().replace(/^tel:/u, "").replace(/^00/u, "+");
}

/** The last digits of a number, which support a match and make none: `***1234`, `1234`. */
export function lastDigits(text: string): string | undefined {
  return /^[*x•.\s+()-]{0,30}(\d{2,6})$/iu.exec(text.trim())?.[1];
}
