/** A proposal as the text of whosaw.yaml, with a line of reason for each table. */
import type { UpstreamAddress } from "../config/address.ts";
import type { ProposedRule, ProposedTable, Proposal } from "./proposal.ts";
import { publicNames } from "./propose.ts";
import type { RolePlan } from "./roles.ts";

export interface YamlOptions {
  /** Where the database is; its user and password are not written. */
  readonly upstream: UpstreamAddress;
  /** The gateway's own user. */
  readonly gatewayUser: string;
  readonly origin: string;
  readonly listen: string;
  readonly roles: RolePlan;
}

/** The environment variable that stands for the gateway's password. */
export const PASSWORD_VARIABLE = "GW_PASSWORD";

/** A file that `whosaw check` takes as it is. Holds names of tables, columns and roles, and no value of any row. */
export function configText(proposal: Proposal, options: YamlOptions): string {
  const unsure = proposal.tables.filter(({ verdict }) => verdict === "unsure");
  return [
    "# Proposed by `whosaw init` from the names, types, keys and some values of the database. Read it before you rely on it.",
    `upstream: {url: ${scalar(upstreamUrl(options))}}`,
    `listen: {postgres: ${scalar(options.listen)}}`,
    `ledger: {dir: ./ledger, origin: ${scalar(options.origin)}}`,
    "# observe records what it cannot account for as opaque and lets it pass; enforce refuses it.",
    "mode: observe",
    "",
    ...subjectLines(proposal),
    "",
    ...publicLines(proposal),
    ...unsureLines(unsure),
    ...roleLines(options.roles),
    "",
  ].join("\n");
}

function upstreamUrl({ upstream, gatewayUser }: YamlOptions): string {
  const host = upstream.host.includes(":") ? `[${upstream.host}]` : upstream.host;
  const user = encodeURIComponent(gatewayUser);
  const place = `${host}:${upstream.port}/${encodeURIComponent(upstream.database)}`;
  // The one reference that is meant: its place is marked so that `scalar` leaves it alone.
  return `postgres://${user}:${REFERENCE}@${place}?sslmode=${upstream.sslmode}`;
}

const REFERENCE = "\u{F0000}";

function subjectLines(proposal: Proposal): string[] {
  const lines: string[] = [];
  for (const { name, strata } of proposal.kinds) {
    const own = proposal.tables.filter(({ verdict, rule }) => verdict === "protected" && rule?.kind === name);
    if (own.length === 0) continue;
    const first = proposal.kinds.find((kind) => kind.name === name)?.table;
    const ordered = own.toSorted((a, b) => Number(b.table.name === first) - Number(a.table.name === first));
    lines.push(`  ${name}:`);
    if (Object.keys(strata).length > 0 && ordered[0]?.table.name === first)
      lines.push(`    strata: ${mapping(strata)}`);
    lines.push("    tables:", ...ordered.flatMap((table) => tableLines(table, "      ")));
  }
  if (lines.length === 0) return ["# No table was found that surely holds people.", "subjects: {}"];
  return [
    "# Whose data the tables hold, and how a row says so. All columns are protected that are not under public.",
    "subjects:",
    ...lines,
  ];
}

function tableLines({ table, why, rule }: ProposedTable, indent: string): string[] {
  if (rule === undefined) return [];
  return [
    `${indent}# ${comment(why)}`,
    `${indent}${keyScalar(table.name)}:`,
    `${indent}  key: ${keyMapping(rule)}`,
    ...(rule.nullable ? [`${indent}  nullable: true`] : []),
    ...(Object.keys(rule.fields).length > 0 ? [`${indent}  fields: ${mapping(rule.fields)}`] : []),
    ...(rule.public.length > 0 ? [`${indent}  public: ${sequence(rule.public)}`] : []),
  ];
}

function keyMapping({ key }: ProposedRule): string {
  if ("column" in key) return `{column: ${scalar(key.column)}}`;
  return "path" in key ? `{path: ${sequence(key.path)}}` : `{sql: ${scalar(key.sql)}}`;
}

function publicLines(proposal: Proposal): string[] {
  const names = publicNames(proposal);
  if (names.length === 0) return ["public: []"];
  return ["# Without personal data.", "public:", ...names.map((name) => `  - ${scalar(name)}`)];
}

/** As comments: they stay unclassified until somebody decides. */
function unsureLines(unsure: readonly ProposedTable[]): string[] {
  if (unsure.length === 0) return [];
  const lines = [
    "",
    "# To decide: these tables are in neither list, so enforce refuses statements on them. A suggestion belongs under its kind in subjects.",
  ];
  for (const proposed of unsure) {
    lines.push("#", `# ${comment(`${proposed.table.name}: ${proposed.why}. ${proposed.decide ?? ""}`)}`);
    const { rule } = proposed;
    if (rule !== undefined)
      lines.push(
        `#   ${rule.kind}:`,
        ...tableLines(proposed, "")
          .slice(1)
          .map((line) => `#     ${line}`),
      );
  }
  return lines;
}

function roleLines({ roles }: RolePlan): string[] {
  if (roles.length === 0) return [];
  return [
    "",
    "# What staff sign in as, and the role of the database that stands behind it.",
    "roles:",
    ...roles.map(({ name, upstreamRole }) => `  ${name}: {upstream-role: ${scalar(upstreamRole)}}`),
  ];
}

function comment(text: string): string {
  return text.replace(/[\p{C}\u2028\u2029]+/gu, " ");
}

function mapping(values: Readonly<Record<string, string>>): string {
  return `{${Object.entries(values)
    .map(([name, value]) => `${keyScalar(name)}: ${scalar(value)}`)
    .join(", ")}}`;
}

function sequence(values: readonly string[]): string {
  return `[${values.map(scalar).join(", ")}]`;
}

/** Names as they are where YAML takes them for text; otherwise in double quotes, `${` written so that it stays one. */
function scalar(text: string): string {
  const kept = text.replaceAll("${", () => "$${").replaceAll(REFERENCE, `\${${PASSWORD_VARIABLE}}`);
  return keyScalar(kept);
}

/** Names of a mapping are not interpolated. */
function keyScalar(text: string): string {
  const plain = /^[A-Za-z_][\w.-]*$/u.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n|__proto__)$/iu.test(text);
  return plain ? text : JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\ufeff]/gu, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
