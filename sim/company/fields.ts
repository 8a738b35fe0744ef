/** Classes of fields as bits: sets of them in views, in reports and in aggregates. */
export const FIELDS = { identity: 1, contact: 2, content: 4, secret: 8, ticket: 16, other: 32 } as const;

/** What the pages of the support application show. */
export const PAGES = {
  profile: FIELDS.identity | FIELDS.contact | FIELDS.ticket,
  orders: FIELDS.identity | FIELDS.other,
  payments: FIELDS.identity | FIELDS.secret,
  notes: FIELDS.content | FIELDS.ticket,
  queue: FIELDS.identity | FIELDS.ticket,
  campaign: FIELDS.identity | FIELDS.contact,
} as const;
