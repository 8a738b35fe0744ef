/** The database's catalog as the planner needs it: an immutable snapshot with a digest. */
import type { SubjectKeyType } from "./plan.ts";

export interface Column {
  readonly name: string;
  readonly number: number;
  readonly typeOid: number;
  readonly notNull: boolean;
}

export type RelationKind =
  | "table"
  | "partitioned"
  | "view"
  | "matview"
  | "foreign"
  | "sequence"
  | "index"
  | "composite"
  | "toast";

export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: RelationKind;
  /** In attribute order, dropped and system columns left out. */
  readonly columns: readonly Column[];
  /** Partition or inheritance parents; a child counts as its (topmost protected) parent. */
  readonly parents: readonly number[];
  readonly hasRules: boolean;
  readonly hasRowSecurity: boolean;
  readonly hasInheritors: boolean;
  /**
   * Relations that a view reads, directly or through other views, from its rule. 0 (no relation's oid) stands for what cannot be
   * known or may not be shown: the view calls a function of a user's, or reads a system relation that is not on the list.
   */
  readonly viewReads: readonly number[];
}

/** A protected table held against the database: everything the rewrite needs to write its companion. */
export interface ProtectedRelation {
  /** As configured: `support.customers`. */
  readonly table: string;
  readonly relation: Relation;
  readonly subjectKind: string;
  readonly keyType: SubjectKeyType;
  /** The key expression yields an array of keys. */
  readonly array: boolean;
  /** NULL keys are allowed. */
  readonly nullable: boolean;
  /** The key is a column declared NOT NULL (or a primary key): a plain cast serves as companion. */
  readonly keyNeverNull: boolean;
  /**
   * The key as SQL over one row, fully qualified, for a range-table entry known as `alias` (already quoted):
   * `alias."id"`, or a scalar subselect for a path, or the expression with its columns qualified.
   */
  keySql(alias: string): string;
  /** Columns of this relation that the key reads: the role needs SELECT on them. */
  readonly keyColumns: readonly string[];
  /** Other tables (and their columns) that a path reads. */
  readonly pathReads: readonly { readonly oid: number; readonly columns: readonly string[] }[];
  readonly publicColumns: ReadonlySet<string>;
}

export type Standing =
  | { readonly kind: "protected"; readonly table: ProtectedRelation }
  | { readonly kind: "public" }
  /** pg_catalog and information_schema; `allowed` says whether it is on the list of harmless ones. */
  | { readonly kind: "system"; readonly allowed: boolean }
  /** Neither protected nor declared public: refused in enforce. */
  | { readonly kind: "unclassified" };

export interface CatalogSnapshot {
  /** Changes with every DDL that could change a plan. */
  readonly digest: string;
  /** PostgreSQL's server_version_num. */
  readonly serverVersion: number;
  relation(oid: number): Relation | undefined;
  find(schema: string, name: string): Relation | undefined;
  /** Every relation of that name in any schema (catalog schemas included). */
  named(name: string): readonly Relation[];
  standing(relation: Relation): Standing;
  /** Some function of that name exists outside pg_catalog. */
  hasUserFunction(name: string): boolean;
  /**
   * Some function of that name exists outside pg_catalog that belongs to no extension: an unqualified call may mean it.
   * Extensions overload built-in names for types of their own (citext: max, replace); what they do there is pure.
   */
  overloadsBuiltIn(name: string): boolean;
  /** Some operator of that name exists outside pg_catalog whose function does not belong to an extension. */
  hasUserOperator(name: string): boolean;
  /**
   * Making a value of the type of that oid, or of some type of that name outside pg_catalog, runs a function of a user's, not of an extension's: a domain with a
   * check that calls one, a cast, an input function.
   */
  typeRunsCode(type: string | number): boolean;
  /** The role may SELECT these columns. Loaded for each upstream role. */
  maySelect(role: string, oid: number, columns: readonly string[]): boolean;
}
