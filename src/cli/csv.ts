/** Comma-separated values: RFC 4180. */

/** A record, with its line end. Fields with commas, quotes or line ends are quoted; lists are joined by semicolons. */
export function csvRecord(fields: readonly (string | number | readonly string[])[]): string {
  return `${fields.map((field) => quoted(typeof field === "object" ? field.join(";") : String(field))).join(",")}\r\n`;
}

function quoted(field: string): string {
  return /[",\r\n]/u.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
