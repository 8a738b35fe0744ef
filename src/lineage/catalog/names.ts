/** SQL names: quoting, taking qualified names apart, and the nearest name to one that does not exist. */

/** Quotes an identifier, always: `id` becomes `"id"`. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes a string for a statement sent with standard_conforming_strings on; backslashes stay as they are. */
export function quoteLiteral(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/**
 * Takes `support.tickets.customer_id` apart. A part may be written in double quotes (`support."a.b".id`), with `""` for
 * a quote; what is not quoted is taken as it stands, without folding to lower case.
 *
 * @returns the parts, or undefined when the text is no dotted name
 */
export function splitQualified(text: string): string[] | undefined {
  const parts: string[] = [];
  const pattern = /(?:"((?:[^"]|"")+)"|([^".]+))(\.|$)/y;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) return undefined;
    parts.push(match[1] === undefined ? match[2]! : match[1].replaceAll('""', '"'));
    if (match[3] === "") return parts;
  }
  return undefined;
}

/** Edits of one character that turn `a` into `b`, or `max + 1` when there are more than `max`. */
function distance(a: string, b: string, max: number): number {
  if (Math.abs(a.length - b.length) > max) return max + 1;
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substituted, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}

/** The candidate nearest to `name`, if one is near enough to be a slip of the pen (a third of its letters, letter case aside). */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  const max = Math.max(1, Math.floor(wanted.length / 3));
  let best: string | undefined;
  let bestDistance = max + 1;
  for (const candidate of candidates) {
    const found = distance(wanted, candidate.toLowerCase(), max);
    if (found < bestDistance) [best, bestDistance] = [candidate, found];
  }
  return best;
}
