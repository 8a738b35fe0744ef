import { frameUp, heist, oneThief, pageCopier, sharedAccount, twoThieves, wrongClock } from "./inside.ts";
import { dumpByCountry, dumpByTickets, dumpUniform, noLeak, queue, regionalCampaign, sabotage } from "./outside.ts";
import { decoysCalled, markedExport } from "./planted.ts";
import type { Scheme } from "./scene.ts";

/** How customers' data get into scammers' hands, and how they do not. */
export const SCHEMES = {
  "no-leak": noLeak,
  "regional-campaign": regionalCampaign,
  sabotage,
  "dump-uniform": dumpUniform,
  "dump-by-tickets": dumpByTickets,
  "dump-by-country": dumpByCountry,
  queue,
  "one-thief": oneThief,
  "two-thieves": twoThieves,
  "page-copier": pageCopier,
  "shared-account": sharedAccount,
  "wrong-clock": wrongClock,
  "frame-up": frameUp,
  heist,
  "decoys-called": decoysCalled,
  "marked-export": markedExport,
} as const satisfies Readonly<Record<string, Scheme>>;

export type SchemeName = keyof typeof SCHEMES;
