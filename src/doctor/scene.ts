/** What the looks at the database have in common. */
import type { Config } from "../config/config.ts";
import type { CatalogSnapshot, Relation } from "../lineage/catalog.ts";
import { quoteLiteral } from "../lineage/catalog/names.ts";
import { tryQuery } from "../lineage/catalog/savepoint.ts";
import type { CatalogQuery } from "../lineage/catalog/statements.ts";

type Rows = Awaited<ReturnType<CatalogQuery>>;

export class DatabaseScene {
  readonly config: Config;
  readonly query: CatalogQuery;
  readonly catalog: CatalogSnapshot;
  /** Tables, views and the like that are not PostgreSQL's own. */
  readonly relations: readonly Relation[];
  /** Database roles that the gateway takes on. */
  readonly roles: readonly string[];

  constructor(
    config: Config,
    query: CatalogQuery,
    catalog: CatalogSnapshot,
    relations: readonly Relation[],
    roles: readonly string[],
  ) {
    this.config = config;
    this.query = query;
    this.catalog = catalog;
    this.relations = relations;
    this.roles = roles;
  }

  /** Undefined where the gateway's user may not look. */
  try(sql: string): Promise<Rows | undefined> {
    return tryQuery(this.query, sql);
  }

  get user(): string {
    return this.config.upstream.user;
  }

  /** Roles that the gateway signs in with or takes on, as a list of SQL literals. */
  get ownRoles(): string {
    return [this.user, ...this.roles].map(quoteLiteral).join(", ");
  }

  get protectedRelations(): readonly Relation[] {
    return this.relations.filter((relation) => this.catalog.standing(relation).kind === "protected");
  }

  /** Oids of the protected tables for an SQL list; 0, which is no relation's, if there are none. */
  get protectedOids(): string {
    return this.protectedRelations.map(({ oid }) => oid).join(", ") || "0";
  }
}
