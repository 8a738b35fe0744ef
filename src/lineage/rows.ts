/** What queries return, and how their hidden columns are named and written. */
import type { SelectStmt } from "libpg-query";
import type { EntryColumn, HiddenKey, Origin, UseDraft } from "./scope.ts";
import type { StatementContext } from "./statement.ts";

/** A hidden column of a query's output. */
export interface ExportedKey {
  readonly name: string;
  readonly use: UseDraft;
  readonly array: boolean;
  readonly nullable: boolean;
}

export interface OutputColumn {
  readonly name: string;
  readonly origins: readonly Origin[];
  /** As EntryColumn.base; `key` indexes Rows.keys. */
  readonly base?: { readonly key: number; readonly column: string } | undefined;
}

/** What is true of a query's rows as a whole. */
interface RowsNature {
  readonly open: boolean;
  readonly openOrigins: readonly Origin[];
  readonly cuts: boolean;
  readonly limits: boolean;
}

/** What a query returns. */
export interface Rows extends RowsNature {
  readonly columns: readonly OutputColumn[];
  readonly keys: readonly ExportedKey[];
}

/** One simple SELECT, its hidden columns not yet written. */
export interface Leaf extends RowsNature {
  readonly select: SelectStmt;
  readonly columns: readonly EntryColumn[];
  readonly keys: readonly HiddenKey[];
  append(expressions: readonly string[]): void;
}

/**
 * Names the hidden columns and writes them at the end of every branch.
 * @param outermost the query whose companions need no cast, if one
 */
export function exportRows(
  statement: StatementContext,
  outermost: SelectStmt | undefined,
  leaves: readonly Leaf[],
  columns: readonly EntryColumn[],
  { cuts, limits }: Pick<Rows, "cuts" | "limits">,
): Rows {
  const alone = leaves.length === 1 && leaves[0]?.select === outermost;
  const hiddenSql = (key: HiddenKey): string => (alone ? (key.plain ?? key.sql) : key.sql);
  const hidden = leaves.flatMap((leaf) => leaf.keys.map((key) => ({ leaf, key, name: statement.freshName() })));
  for (const leaf of leaves)
    leaf.append(
      hidden.map(({ leaf: of, key, name }) => `${of === leaf ? hiddenSql(key) : "null::pg_catalog.text"} as ${name}`),
    );
  const keys = hidden.map(({ key, name }): ExportedKey => ({
    name,
    use: key.use,
    array: key.array,
    nullable: key.nullable,
  }));
  const outputs = columns.map((column): OutputColumn => {
    const key = column.base && leaves.length === 1 ? hidden.findIndex((of) => of.key === column.base?.key) : -1;
    return {
      name: column.name,
      origins: column.origins,
      base: key !== -1 && column.base ? { key, column: column.base.column } : undefined,
    };
  });
  return {
    columns: outputs,
    open: leaves.some((leaf) => leaf.open),
    openOrigins: leaves.flatMap((leaf) => leaf.openOrigins),
    keys,
    cuts,
    limits,
  };
}

/** The rows of a set operation on tables without subjects: columns of either side, and no keys. */
export function eitherRows(left: Rows | undefined, right: Rows | undefined): Rows {
  const columns = (left?.columns ?? []).map((column, i): OutputColumn => ({
    name: column.name,
    origins: [...column.origins, ...(right?.columns[i]?.origins ?? [])],
  }));
  return {
    columns,
    open: (left?.open ?? true) || (right?.open ?? true),
    openOrigins: [...(left?.openOrigins ?? []), ...(right?.openOrigins ?? [])],
    keys: [],
    cuts: false,
    limits: false,
  };
}
