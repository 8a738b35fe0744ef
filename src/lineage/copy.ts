/** COPY: out through a rewritten query, in as a write; never to or from the server's files. */
import type { CopyStmt, Node } from "libpg-query";
import { WhosawError } from "../base/errors.ts";
import { accountingOf, PASS, passes, type Planned } from "./accounting.ts";
import type { ProtectedRelation } from "./catalog.ts";
import type { CopyFormat, SessionEffect } from "./plan.ts";
import { QueryPlanner } from "./query.ts";
import { strings, unwrap } from "./nodes.ts";
import { quoteIdentifier, refuse } from "./refusal.ts";
import { protectedEntry } from "./scope.ts";
import { planSelect } from "./select.ts";
import type { StatementContext } from "./statement.ts";
import { survey } from "./survey.ts";
import { embedsAscii } from "./encodings.ts";
import { isSymbol, keyword } from "./tokens.ts";

/** Plans COPY, out and in. @throws WhosawError REFUSED with a form that passes */
export function planCopy(statement: StatementContext, copy: CopyStmt): Planned {
  const planned = planDirection(statement, copy);
  return { treatment: planned.treatment, effects: [...planned.effects, ...copyEffects(copy)] };
}

/** What the session must follow, however the statement is treated. */
export function copyEffects(copy: CopyStmt): readonly SessionEffect[] {
  return copy.is_from ? [{ kind: "copy-in" }] : [];
}

function planDirection(statement: StatementContext, copy: CopyStmt): Planned {
  if (copy.is_program || copy.filename !== undefined)
    refuse(
      "COPY to or from a file or a program of the server",
      "use COPY ... TO STDOUT or COPY ... FROM STDIN (in psql: \\copy)",
    );
  if (copy.query) {
    const [kind] = unwrap(copy.query);
    if ("SelectStmt" in copy.query) {
      const planned = planSelect(statement, copy.query.SelectStmt, copyFormat(copy.options));
      if (planned.treatment.kind === "account") checkFormat(copy, planned.treatment.accounting.companions.length > 0);
      return planned;
    }
    const found = survey(statement, copy.query);
    if (found.protected)
      refuse(
        `COPY (${kind.replace("Stmt", "").toUpperCase()} ...) on a protected table`,
        "run it as a statement of its own, with RETURNING",
      );
    return passes(statement, found);
  }
  const { relation } = copy;
  if (!relation) return PASS;
  const found = survey(statement, {
    List: { items: [{ RangeVar: relation }, ...(copy.whereClause ? [copy.whereClause] : [])] },
  });
  const resolved = found.relations.get(relation);
  if (resolved?.kind !== "relation" || resolved.standing.kind !== "protected") {
    if (found.protected) refuse("COPY ... WHERE reads a protected table", "load the rows first");
    return passes(statement, found);
  }
  return copy.is_from
    ? copyIn(statement, copy, resolved.standing.table)
    : copyOut(statement, copy, resolved.standing.table);
}

/** Loading rows shows none; errors may quote stored values. */
function copyIn(statement: StatementContext, copy: CopyStmt, table: ProtectedRelation): Planned {
  const planner = new QueryPlanner(statement, survey(statement, []));
  planner.risky();
  planner.uses.push({ table, shown: new Set(), predicate: new Set() });
  qualify(statement, copy, table);
  return {
    treatment: {
      kind: "account",
      accounting: accountingOf(planner, [], { columns: 0, hideRows: false, copy: undefined }),
    },
    effects: [],
  };
}

function qualify(statement: StatementContext, copy: CopyStmt, table: ProtectedRelation): void {
  if (copy.relation?.schemaname !== undefined) return;
  const { source, splices } = statement;
  splices.insert(source.start(source.tokenAt(copy.relation?.location)), `${quoteIdentifier(table.relation.schema)}.`);
}

/** `COPY t (a, b) TO STDOUT` reads t alone, not its children: so does the query in its place. */
function copyOut(statement: StatementContext, copy: CopyStmt, table: ProtectedRelation): Planned {
  const { source, splices } = statement;
  const { relation } = table;
  if (relation.kind !== "table") {
    // An error in PostgreSQL too: it wants COPY (SELECT ...) for everything but plain tables.
    refuse(`cannot copy from ${relation.kind} "${relation.name}"`, `use COPY (SELECT * FROM ${table.table}) TO STDOUT`);
  }
  if (relation.hasRules) refuse(`the protected table ${table.table} has rewrite rules`, "drop the rules");
  checkFormat(copy, false);
  const first = source.tokenAt(copy.relation?.location);
  if (keyword(source.tokens, first - 1) === "binary")
    refuse("COPY BINARY is an old spelling", "write COPY ... TO STDOUT WITH (FORMAT binary)");
  const names = copy.attlist ? strings(copy.attlist) : relation.columns.map((column) => column.name);
  const unknown = names.find((name) => !relation.columns.some((column) => column.name === name));
  if (unknown !== undefined)
    throw new WhosawError("UNDEFINED_COLUMN", `column "${unknown}" of relation "${relation.name}" does not exist`);
  const planner = new QueryPlanner(statement, survey(statement, []));
  const use = planner.use(table);
  const entry = protectedEntry(relation.name, use, false);
  const columns = names.flatMap((name) => entry.columns.filter((column) => column.name === name));
  planner.show(columns);
  const hidden = entry.keys.map((key) => `${key.sql} as ${statement.freshName()}`);
  const list = [...names.map((name) => `${quoteIdentifier(relation.name)}.${quoteIdentifier(name)}`), ...hidden].join(
    ", ",
  );
  let to = first;
  for (let depth = 0; depth > 0 || keyword(source.tokens, to) !== "to"; to++) {
    if (isSymbol(source.tokens, to, "(")) depth++;
    else if (isSymbol(source.tokens, to, ")")) depth--;
    if (to >= statement.endToken) refuse("this COPY could not be read", "use COPY (SELECT ...) TO STDOUT");
  }
  splices.replace(
    source.start(first),
    source.end(to - 1),
    `(select ${list} from only ${quoteIdentifier(relation.schema)}.${quoteIdentifier(relation.name)})`,
  );
  return {
    treatment: {
      kind: "account",
      accounting: accountingOf(planner, entry.keys, {
        columns: columns.length,
        hideRows: false,
        copy: copyFormat(copy.options),
      }),
    },
    effects: [],
  };
}

interface Options {
  readonly format: string;
  readonly texts: ReadonlyMap<string, string>;
  readonly header: boolean;
}

function readOptions(nodes: readonly Node[] | undefined): Options {
  const texts = new Map<string, string>();
  let format = "text",
    header = false;
  for (const node of nodes ?? []) {
    if (!("DefElem" in node)) continue;
    const { defname, arg } = node.DefElem;
    const text = arg && "String" in arg ? (arg.String.sval ?? "") : undefined;
    if (defname === "format") format = (text ?? "").toLowerCase();
    else if (defname === "header")
      header =
        !arg ||
        ("Boolean" in arg
          ? arg.Boolean.boolval === true
          : "Integer" in arg
            ? arg.Integer.ival !== undefined && arg.Integer.ival !== 0
            : !["false", "off", "0"].includes((text ?? "").toLowerCase()));
    else if (defname !== undefined && text !== undefined) texts.set(defname, text);
  }
  return { format, texts, header };
}

const byte = (text: string | undefined, otherwise: string): number =>
  (text === undefined || text.length === 0 ? otherwise : text).charCodeAt(0) & 0xff;

function copyFormat(nodes: readonly Node[] | undefined): CopyFormat {
  const { format, texts, header } = readOptions(nodes);
  const quote = byte(texts.get("quote"), '"');
  return {
    format: format === "csv" || format === "binary" ? format : "text",
    delimiter: byte(texts.get("delimiter"), format === "csv" ? "," : "\t"),
    quote,
    escape: byte(texts.get("escape"), String.fromCharCode(quote)),
    header,
    nullText: texts.get("null") ?? (format === "csv" ? "" : "\\N"),
  };
}

/** A NULL string that could be read as a key would hide it: `COPY ... NULL '4711'`. */
function checkFormat(copy: CopyStmt, joined: boolean): void {
  const { format, texts } = readOptions(copy.options);
  const text = texts.get("null");
  if (text !== undefined && format !== "csv" && (/^[-=0-9a-fA-F{},]+$/.test(text) || (text === "" && joined)))
    refuse(`COPY with NULL '${text}' could not be told from a key`, "use NULL '\\N' or NULL 'NULL'");
  const encoding = texts.get("encoding");
  if (encoding !== undefined && embedsAscii(encoding))
    refuse(`COPY with ENCODING '${encoding}'`, "use UTF8 and convert the file afterwards");
}
