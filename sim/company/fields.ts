/** What the pages of the support application show: classes of fields, as bits. */
import { CLASS_BITS as BITS } from "../../src/asks/class-bits.ts";

export const PAGES = {
  profile: BITS.identity | BITS.contact | BITS.ticket,
  orders: BITS.identity | BITS.other,
  payments: BITS.identity | BITS.secret,
  notes: BITS.content | BITS.ticket,
  queue: BITS.identity | BITS.ticket,
  campaign: BITS.identity | BITS.contact,
} as const;
