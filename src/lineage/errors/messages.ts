/**
 * Which messages of PostgreSQL can carry stored values, by SQLSTATE, and what is left of those that can.
 *
 * Read out of ereport() calls in src/backend of PostgreSQL 14 to 18. What is not known here is replaced by the name that
 * the SQLSTATE has in PostgreSQL's documentation (Appendix A).
 */

export const HIDDEN = "[hidden]";

/** The server's own messages in these classes name relations, columns, constraints and settings, or nothing at all. */
const IDENTIFIERS_ONLY: ReadonlySet<string> = new Set([
  "08",
  "21",
  "23",
  "24",
  "25",
  "26",
  "28",
  "2D",
  "34",
  "3B",
  "40",
  "44",
  "53",
  "55",
  "57",
]);

/**
 * Here quoted parts and numbers are mostly names and limits, but can be values: `relation "..." does not exist` comes from
 * a cast to regclass too. Errors that point into the statement's text were found in its analysis and never get here.
 */
const MOSTLY_IDENTIFIERS: ReadonlySet<string> = new Set(["0A", "2B", "3D", "3F", "42", "54", "58"]);

/** Messages about data that are the same whatever the data are. */
const STATIC_MESSAGES: ReadonlySet<string> = new Set([
  "array subscript in assignment must not be null",
  "array subscript out of range",
  "bigint out of range",
  "cannot accumulate arrays of different dimensionality",
  "cannot concatenate incompatible arrays",
  "cannot delete from scalar",
  "cannot get array length of a non-array",
  "cannot get array length of a scalar",
  "cannot replace existing key",
  "cannot set path in scalar",
  "cannot take logarithm of a negative number",
  "cannot take logarithm of zero",
  "cannot take square root of a negative number",
  "date out of range",
  "date out of range for timestamp",
  "division by zero",
  "dimension values cannot be null",
  "input is out of range",
  "integer out of range",
  "interval out of range",
  "invalid escape sequence",
  "invalid escape string",
  "LIKE pattern must not end with escape character",
  "localized string format value too long",
  "lower and upper bounds must be finite",
  "lower bound cannot equal upper bound",
  "mismatched array dimensions",
  "money out of range",
  "negative substring length not allowed",
  "null value not allowed for object key",
  "number is out of range",
  "numeric field overflow",
  "requested length cannot be negative",
  "requested length too large",
  "result is out of range",
  "smallint out of range",
  "source array too small",
  "step size cannot equal zero",
  "stride must be greater than zero",
  "target type is not an array",
  "time out of range",
  "timestamp out of range",
  "too few arguments for format()",
  "unsupported Unicode escape sequence",
  "unterminated format() type specifier",
  "upper bound cannot be less than lower bound",
  "value out of range: overflow",
  "value out of range: underflow",
  "value overflows numeric format",
  "wrong number of array subscripts",
  "a negative number raised to a non-integer power yields a complex result",
  "zero raised to a negative power is undefined",
]);

/** A type as format_type() prints it: words, perhaps with modifiers, quotes and array brackets. */
const TYPE = String.raw`[A-Za-z_][\w ."]{0,127}?(?:\(\d+(?:,\d+)?\))?(?:\[\])?`;

/** Messages about data around a value; what the pattern's groups hold is kept. */
const TEMPLATES: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [new RegExp(`^(invalid input syntax for type ${TYPE}): ".*"$`, "s"), `$1: "${HIDDEN}"`],
  [new RegExp(`^(invalid input syntax for type ${TYPE})$`), "$1"],
  [new RegExp(`^(invalid input value for enum ${TYPE}): ".*"$`, "s"), `$1: "${HIDDEN}"`],
  [/^(malformed (?:array|record|range|multirange) literal): ".*"$/s, `$1: "${HIDDEN}"`],
  [new RegExp(`^value ".*" is out of range for (type ${TYPE})$`, "s"), `value "${HIDDEN}" is out of range for $1`],
  [/^".*" is out of range for (type (?:real|double precision))$/s, `"${HIDDEN}" is out of range for $1`],
  [/^(value too long for type (?:character|character varying)\(\d+\))$/, "$1"],
  [/^(bit string too long for type bit varying\(\d+\))$/, "$1"],
  [/^bit string length \d+ (does not match type bit\(\d+\))$/, `bit string length ${HIDDEN} $1`],
  [
    /^(date\/time field value out of range|date out of range|timestamp out of range|interval field value out of range): ".*"$/s,
    `$1: "${HIDDEN}"`,
  ],
  [/^(date field value out of range|time field value out of range|timestamp out of range): \d.*$/s, `$1: ${HIDDEN}`],
  [/^time zone ".*" not recognized$/s, `time zone "${HIDDEN}" not recognized`],
  [/^time zone displacement out of range: ".*"$/s, `time zone displacement out of range: "${HIDDEN}"`],
  [/^(invalid byte sequence for encoding "[A-Z0-9_]+"): .*$/s, `$1: ${HIDDEN}`],
  [/^(invalid regular expression|regular expression failed): .*$/s, `$1: ${HIDDEN}`],
  [/^cannot (call [a-z_]+ on (?:a scalar|an array|an object|a non-array))$/, "cannot $1"],
  [/^cannot convert (NaN|infinity) to (smallint|integer|bigint|numeric)$/, "cannot convert $1 to $2"],
];

/** Names of SQLSTATEs, where the message says more than may be told; else the class's. */
const CONDITIONS: ReadonlyMap<string, string> = new Map([
  ["00", "notice"],
  ["01", "warning"],
  ["02", "no data"],
  ["0A", "feature not supported"],
  ["22", "data exception"],
  ["2201B", "invalid regular expression"],
  ["22001", "string data right truncation"],
  ["22003", "numeric value out of range"],
  ["22004", "null value not allowed"],
  ["22007", "invalid datetime format"],
  ["22008", "datetime field overflow"],
  ["22009", "invalid time zone displacement value"],
  ["22011", "substring error"],
  ["22012", "division by zero"],
  ["22015", "interval field overflow"],
  ["22021", "character not in repertoire"],
  ["22023", "invalid parameter value"],
  ["22025", "invalid escape sequence"],
  ["22026", "string data length mismatch"],
  ["22032", "invalid JSON text"],
  ["2202E", "array subscript error"],
  ["22P01", "floating-point exception"],
  ["22P02", "invalid text representation"],
  ["22P03", "invalid binary representation"],
  ["22P05", "untranslatable character"],
  ["38", "external routine exception"],
  ["39", "external routine invocation exception"],
  ["42", "syntax error or access rule violation"],
  ["54", "program limit exceeded"],
  ["58", "system error"],
  ["P0", "an error raised by a function"],
  ["P0001", "an error raised by a function"],
  ["P0002", "no data found"],
  ["P0003", "too many rows"],
  ["P0004", "assertion failed"],
  ["XX", "internal error"],
]);

function conditionName(sqlstate: string): string {
  return CONDITIONS.get(sqlstate) ?? CONDITIONS.get(sqlstate.slice(0, 2)) ?? "error";
}

/**
 * Quoted parts and numbers hidden, except those that are names anyhow. A value may hold quotes itself: it is hidden from the
 * first quote to the last. What follows a colon is a value as well (`improper relation name (too many dotted names): a.b.c.d`).
 */
function maskParts(message: string, names: ReadonlySet<string>): string {
  const quoted = message.split('"').filter((_, i) => i % 2 === 1);
  const known = quoted.length > 0 && quoted.every((name) => names.has(name));
  const unquoted = known ? message : message.replace(/".*"/s, `"${HIDDEN}"`);
  return unquoted
    .replace(/'.*'/s, `'${HIDDEN}'`)
    .replace(/:.*$/s, `: ${HIDDEN}`)
    .replace(/\d+(?:\.\d+)?/g, HIDDEN);
}

/** Messages around one value without quotes; all else that follows these words is hidden. */
const UNQUOTED: readonly RegExp[] = [/^(more than one operator named) .*$/s, /^(encoding conversion from) .*$/s];

/**
 * The message without stored values.
 * @param raised by a function's RAISE: then any SQLSTATE can come with any text
 * @param names of the relation, column, constraint and type that the error is about
 */
export function safeMessage(sqlstate: string, message: string, raised: boolean, names: ReadonlySet<string>): string {
  const condition = `${conditionName(sqlstate)} ${HIDDEN}`;
  if (raised) return condition;
  const kind = sqlstate.slice(0, 2);
  if (IDENTIFIERS_ONLY.has(kind)) return message;
  if (STATIC_MESSAGES.has(message)) return message;
  if (MOSTLY_IDENTIFIERS.has(kind)) {
    const unquoted = UNQUOTED.find((pattern) => pattern.test(message));
    return unquoted ? message.replace(unquoted, `$1 ${HIDDEN}`) : maskParts(message, names);
  }
  for (const [pattern, replacement] of TEMPLATES)
    if (pattern.test(message)) return message.replace(pattern, replacement);
  return condition;
}

const PARTITION_KEY = "Partition key of the failing row contains";

/** DETAILs that applications match, without the values; undefined for all others. */
export function safeDetail(sqlstate: string, detail: string): string | undefined {
  if (detail.startsWith("Failing row contains (")) return `Failing row contains (${HIDDEN}).`;
  if (detail.startsWith(PARTITION_KEY)) return `${PARTITION_KEY} (${HIDDEN}).`;
  if (sqlstate === "23P01") return `Key ${HIDDEN} conflicts with existing key ${HIDDEN}.`;
  if (!sqlstate.startsWith("23")) return undefined;
  const key =
    /^Key (\(.*?\))=\(.*\)(?: (already exists|is duplicated|is not present in table "[^"]*"|is (?:still )?referenced from table "[^"]*"))\.$/s.exec(
      detail,
    );
  return key === null ? undefined : `Key ${key[1]}=(${HIDDEN}) ${key[2]}.`;
}
