/** Databases for the tests of this folder. */
import { sharedServer } from "../../../test/rig/shared.ts";
import { parseUpstreamUrl } from "../../config/address.ts";
import type { UpstreamConfig } from "../../config/config.ts";

export function upstreamOf(url: string): UpstreamConfig {
  const parsed = parseUpstreamUrl(url);
  if ("problem" in parsed) throw new Error(parsed.problem);
  return { ...parsed.value, ca: undefined, cert: undefined, key: undefined };
}

/** A database of one's own with this in it, gone afterwards. @param work given its URL as superuser */
export async function withDatabase<T>(sql: string, work: (url: string) => Promise<T>): Promise<T> {
  const database = await (await sharedServer()).createDatabase();
  try {
    if (sql !== "") await database.query(sql);
    return await work(database.url);
  } finally {
    await database.drop();
  }
}
