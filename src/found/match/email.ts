/** E-mail addresses as they are compared: upper and lower case, tags behind a plus, and dots where the provider ignores them. */

const GMAIL = new Set(["gmail.com", "googlemail.com"]);
const ADDRESS_CHARS_MAX = 254;

/** @returns the address in one form for all its spellings; undefined for what is none */
export function emailOf(text: string): string | undefined {
  const lower = bare(text);
  const at = lower.lastIndexOf("@");
  if (at < 1 || lower.length > ADDRESS_CHARS_MAX || lower.includes("*")) return undefined;
  const domain = lower.slice(at + 1);
  if (!/^[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+$/u.test(domain) || /[\s,;"()<>]/u.test(lower)) return undefined;
  const [local = ""] = lower.slice(0, at).split("+", 1);
  if (local === "") return lower;
  return GMAIL.has(domain) ? `${local.replaceAll(".", "")}@gmail.com` : `${local}@${domain}`;
}

/** Spellings in which a database is likely to hold an address. */
export function emailForms(text: string): readonly string[] {
  const trimmed = text.trim();
  return [...new Set([trimmed, bare(text), emailOf(text) ?? ""])].filter((form) => form !== "");
}

/**
 * The same form made by the database.
 * @param column quoted
 */
export function emailSql(column: string): string {
  const [lower, plain] = [`lower(trim(${column}))`, (part: string) => `split_part(${part}, '+', 1)`];
  const local = plain(`split_part(${lower}, '@', 1)`);
  const domain = `split_part(${lower}, '@', 2)`;
  return `CASE WHEN ${domain} IN ('gmail.com', 'googlemail.com') THEN replace(${local}, '.', '') || '@gmail.com' ELSE ${local} || '@' || ${domain} END`;
}

function bare(text: string): string {
  const inside = /<([^<>]{1,254})>\s*$/u.exec(text)?.[1] ?? text;
  return inside
    .trim()
    .toLowerCase()
    .replace(/^mailto:/u, "");
}

/** `j***@example.com`: parts of an address, hidden ones between them. */
export function isMaskedEmail(text: string): boolean {
  return (
    text.includes("@") &&
    /[*•…]|x{3,}/u.test(text) &&
    text.trim().length <= ADDRESS_CHARS_MAX &&
    !/\s/u.test(text.trim())
  );
}

/** Whether an address is one of those that a masked one may stand for. */
export function masksEmail(masked: string, address: string): boolean {
  const parts = bare(masked).split(/[*•…]+|x{3,}/u);
  const whole = bare(address);
  let at = 0;
  for (const [i, part] of parts.entries()) {
    const found = i === parts.length - 1 ? whole.length - part.length : i === 0 ? 0 : whole.indexOf(part, at);
    if (found < at || !whole.startsWith(part, found)) return false;
    at = found + part.length;
  }
  return true;
}
