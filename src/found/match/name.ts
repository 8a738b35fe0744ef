/** Names as they are compared: without accents, case, order and titles in front. */

const TITLES = new Set(["mr", "mrs", "ms", "dr", "prof", "herr", "frau", "sr", "sra", "mme", "m"]);
const NAME_CHARS_MAX = 200;

/** @returns one form for all spellings of a name; empty for what has no letters */
export function nameOf(text: string): string {
  return text
    .slice(0, NAME_CHARS_MAX)
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "" && !TITLES.has(word))
    .sort()
    .join(" ");
}

/** Whether one is the other, or all its words are among the other's: a middle name left out, a first name alone. */
export function nameSupports(a: string, b: string): boolean {
  const [first, second] = [nameOf(a), nameOf(b)];
  if (first === "" || second === "") return false;
  if (first === second) return true;
  const [words, others] = [new Set(first.split(" ")), new Set(second.split(" "))];
  return [...words].every((word) => others.has(word)) || [...others].every((word) => words.has(word));
}
