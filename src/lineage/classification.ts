/** What the configuration says about tables, before it was held against a database. */

/**
 * How a row of a protected table names its subject:
 * - `column`: a column of the row;
 * - `path`: foreign-key columns to follow, then the column to read. `["ticket_id", "support.tickets.customer_id"]` reads, for a row,
 *   `(select customer_id from support.tickets where <primary or unique key> = row.ticket_id)`. Longer paths name each further table:
 *   `["message_id", "support.messages.ticket_id", "support.tickets.customer_id"]`;
 * - `sql`: an expression over the row's columns giving one key, an array of keys, or NULL (this row is no subject's).
 */
export type KeyRule =
  | { readonly column: string }
  | { readonly path: readonly [string, ...string[]] }
  | { readonly sql: string };

export interface ProtectedTableRule {
  readonly key: KeyRule;
  /** Only then may the key be NULL: such a row belongs to no subject. */
  readonly nullable: boolean;
  /** Column to field class (identity, contact, content, ticket ...). Columns without a class are protected all the same. */
  readonly fields: Readonly<Record<string, string>>;
  /** Columns that say nothing about a subject. */
  readonly public: readonly string[];
}

export interface Classification {
  /** Subject kind, then schema-qualified table. */
  readonly subjects: Readonly<Record<string, { readonly tables: Readonly<Record<string, ProtectedTableRule>> }>>;
  /** Schema-qualified tables without personal data; `schema.*` for all of a schema. */
  readonly public: readonly string[];
}
