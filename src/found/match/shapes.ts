/** What values look like, told from some of them. */
import { emailOf, isMaskedEmail } from "./email.ts";
import { lastDigits, phoneDigits } from "./phone.ts";

export type Shape = "email" | "masked-email" | "phone" | "last-digits" | "integer" | "uuid" | "text";

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/iu;
const INT64_MAX = 2n ** 63n - 1n;

/** The key that a text may be, in PostgreSQL's spelling. */
export function integerOf(text: string): string | undefined {
  const trimmed = text.trim();
  if (!/^-?\d{1,19}$/u.test(trimmed)) return undefined;
  const value = BigInt(trimmed);
  return value > INT64_MAX || value < -INT64_MAX ? undefined : String(value);
}

export function uuidOf(text: string): string | undefined {
  const trimmed = text.trim();
  if (!UUID.test(trimmed)) return undefined;
  return trimmed
    .toLowerCase()
    .replaceAll("-", "")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/u, "$1-$2-$3-$4-");
}

const TESTS: readonly (readonly [Shape, (text: string) => boolean])[] = [
  ["uuid", (text) => uuidOf(text) !== undefined],
  ["email", (text) => emailOf(text) !== undefined],
  ["masked-email", isMaskedEmail],
  ["phone", (text) => phoneDigits(text) !== undefined],
  ["integer", (text) => integerOf(text) !== undefined],
  ["last-digits", (text) => lastDigits(text) !== undefined],
];

/** A column has the shapes that at least so much of it has: a number of nine digits may be an id or a telephone. */
const SHARE_MIN = 0.5;

/** @param values not empty; `text` alone where they have no other shape in common */
export function shapesOf(values: readonly string[]): readonly Shape[] {
  if (values.length === 0) return [];
  const shapes = TESTS.filter(([, test]) => values.filter(test).length >= values.length * SHARE_MIN).map(
    ([shape]) => shape,
  );
  return shapes.length === 0 ? ["text"] : shapes;
}
