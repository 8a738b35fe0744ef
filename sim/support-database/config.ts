/** The whosaw.yaml that fits the support database. */

export interface SupportConfigOptions {
  /** As whosaw_gw. */
  readonly upstreamUrl: string;
  /** Default: a free port of 127.0.0.1. */
  readonly listen?: string;
  /** Health and metrics. Default: nowhere. */
  readonly http?: string;
  /** Default: ./ledger beside the file. */
  readonly ledgerDir?: string;
  readonly origin?: string;
  readonly mode?: "observe" | "enforce";
  /** Beside country and language; default: none. */
  readonly moreStrata?: string;
  /** Further tables of customers: lines of YAML at their place. Default: none. */
  readonly moreTables?: string;
}

/** whosaw.yaml as text: every table of the schema is classified, as an operator would. */
export function supportConfig(options: SupportConfigOptions): string {
  return `upstream: {url: ${JSON.stringify(options.upstreamUrl)}}
listen: {postgres: "${options.listen ?? "127.0.0.1:0"}"${options.http === undefined ? "" : `, http: "${options.http}"`}}
ledger: {dir: ${JSON.stringify(options.ledgerDir ?? "./ledger")}, origin: ${options.origin ?? "helpdesk.example/gw-1"}}
mode: ${options.mode ?? "enforce"}

# Whose data the tables hold, and how a row says so.
subjects:
  customer:
    strata: {country: country, language: language${options.moreStrata ?? ""}}
    tables:
      support.customers:
        key: {column: id}
        fields: {name: identity, email: contact, phone: contact}
        public: [country, language, segment, created_at]
      support.tickets:
        key: {column: customer_id}
        fields: {number: ticket, subject: content, body: content}
        public: [product_id, status, assignee, assigned_by, created_at]
      support.messages:
        key: {path: [ticket_id, support.tickets.customer_id]}
        fields: {body: content}
        public: [at]
      support.people:
        key: {sql: "case when not is_staff then id end"}
        nullable: true
        fields: {display_name: identity, email: contact}
        public: [is_staff, team_id]
      support.group_tickets:
        key: {sql: requestors}
        fields: {subject: content, body: content}
        public: [created_at]
${options.moreTables ?? ""}  caller:
    tables:
      support.notes:
        key: {column: external_id}
        fields: {external_id: contact, body: content}
        public: [author, at]

# Without personal data. support.outbox is in neither list, and therefore refused.
public: [support.teams, support.products]

roles:
  agent: {upstream-role: helpdesk_agent}
  auditor: {upstream-role: helpdesk_read}
  application: {upstream-role: helpdesk_app}

actors:
  service-accounts:
    helpdesk: {role: application}
`;
}
