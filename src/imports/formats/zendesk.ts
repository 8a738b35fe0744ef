/**
 * Zendesk's access log: one request each, by URL. A ticket's or a user's own page says whom it showed; a list, a search or
 * a GraphQL query does not. https://developer.zendesk.com/api-reference/ticketing/account-configuration/access_logs/
 */
import type { ImportGrade } from "../../ledger/entry.ts";
import { LISTED_SUBJECTS_MIN } from "../../shipping/listed.ts";
import type { JsonLine } from "../json-stream.ts";
import { type ImportRow, RowProblem, type RowReader, type RowSetting } from "../row.ts";
import { readTime } from "../times.ts";

/** Whom a request may have shown: ids as the mapping file has them, `ticket:1` or `user:1`, or nobody knows whom. */
interface Shown {
  readonly ids: readonly string[];
  readonly grade: ImportGrade;
}

/** Pages that show many people, and do not say whom. */
const LIST_SEGMENTS = new Set(
  "tickets users end_users requests search organizations views incremental exports conversations chats calls satisfaction_ratings".split(
    " ",
  ),
);
const ONE = /\/(tickets|requests|users|end_users)\/(\d{1,19})(?=[./?]|$)/u;
const MANY = /\/(tickets|users)\/show_many(?:\.json)?\?(?:.*&)?ids=([\d,%C]+)/iu;
/** In the text of a query; variables are not in the log. */
const IN_QUERY = /\b(ticket|user|customer)\s*\(\s*id\s*:\s*"?(\d{1,19})"?\s*\)/giu;
const ABOUT_PEOPLE = /ticket|user|customer|requester|search|conversation|comment|contact|organi[sz]ation/iu;
const SHOWS_NOTHING: ReadonlySet<string> = new Set(["HEAD", "OPTIONS", "DELETE"]);

export class ZendeskRows implements RowReader<JsonLine> {
  readonly #setting: RowSetting;
  #ignored = 0;

  constructor(setting: RowSetting) {
    this.#setting = setting;
  }

  get ignored(): number {
    return this.#ignored;
  }

  take({ line, value }: JsonLine, emit: (row: ImportRow) => void): void {
    const at = value["timestamp"];
    const url = value["url"];
    if (typeof at !== "string" || typeof url !== "string")
      throw new RowProblem(line, "It has no timestamp and url: it is no line of Zendesk's access log.");
    const user = personOf(value["user_id"]);
    const shown = user === undefined || !answered(value) ? undefined : shownBy(url, value["graphql"]);
    if (shown === undefined || user === undefined) {
      this.#ignored += 1;
      return;
    }
    const { kinds, nowMs, defaultFields: fields, subjects } = this.#setting;
    const common = { line, atMs: readTime(at, line, nowMs), actor: `zendesk:${user}`, team: undefined, fields };
    const kind = kinds[0] ?? "";
    const keys = shown.ids.map(
      (id) => subjects?.get(id) ?? (id.startsWith("ticket:") ? subjects?.get(id.slice(7)) : undefined),
    );
    const known = [...new Set(keys.filter((key) => key !== undefined))];
    const page = known.length >= LISTED_SUBJECTS_MIN;
    for (const subject of known) emit({ ...common, kind, subject, grade: shown.grade, page });
    // Somebody whom no mapping names was shown all the same.
    if (shown.ids.length === 0 || keys.includes(undefined))
      emit({ ...common, kind, subject: undefined, grade: "possible", page: false });
  }

  end(): void {}
}

/** Zendesk's own programs have no id, or a negative one. */
function personOf(id: unknown): string | undefined {
  const text = typeof id === "number" || typeof id === "string" ? String(id) : "";
  return /^[1-9]\d{0,18}$/u.test(text) ? text : undefined;
}

/** A refused request shows nobody. */
function answered({ status, method }: JsonLine["value"]): boolean {
  const code = Number(status ?? 200);
  return (
    ((code >= 200 && code < 300) || code === 304) &&
    !(typeof method === "string" && SHOWS_NOTHING.has(method.toUpperCase()))
  );
}

function shownBy(url: string, graphql: unknown): Shown | undefined {
  const path = url.replace(/^[a-z]+:\/\/[^/]*/iu, "");
  if (/\/graphql(?=[?/]|$)/u.test(path)) return shownByQuery(graphql);
  const many = MANY.exec(path);
  if (many !== null) {
    const ids = (many[2] ?? "").split(/,|%2c/iu).filter((id) => /^\d{1,19}$/u.test(id));
    return { ids: ids.map((id) => idOf(many[1] ?? "", id)), grade: "exact" };
  }
  const one = ONE.exec(path);
  if (one !== null) return { ids: [idOf(one[1] ?? "", one[2] ?? "")], grade: "exact" };
  const segments = (path.split("?")[0] ?? "").split(/[/.]/u);
  return segments.some((segment) => LIST_SEGMENTS.has(segment)) ? { ids: [], grade: "possible" } : undefined;
}

function shownByQuery(graphql: unknown): Shown | undefined {
  if (typeof graphql !== "object" || graphql === null) return { ids: [], grade: "possible" };
  const { operation_name: name, query } = graphql as Readonly<Record<string, unknown>>;
  const text = `${typeof name === "string" ? name : ""} ${typeof query === "string" ? query : ""}`;
  const ids = [...text.matchAll(IN_QUERY)].map(([, what = "", id = ""]) => idOf(`${what.toLowerCase()}s`, id));
  if (ids.length > 0) return { ids: [...new Set(ids)], grade: "page-level" };
  return text.trim() === "" || ABOUT_PEOPLE.test(text) ? { ids: [], grade: "possible" } : undefined;
}

function idOf(what: string, id: string): string {
  return `${what === "tickets" || what === "requests" ? "ticket" : "user"}:${id}`;
}
