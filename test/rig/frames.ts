/** Messages of a client as tests write them most: text, no formats, no types. */
import { encodeBind } from "../../src/wire/messages/bind.ts";
import { encodeExecute } from "../../src/wire/messages/execute.ts";
import { encodeParse } from "../../src/wire/messages/parse.ts";
import { encodeQuery } from "../../src/wire/messages/query.ts";

/** @param sql as in the other messages, a byte string: text that is not ASCII stands in the client's encoding */
export const query = (sql: string): Buffer => encodeQuery(sql);
export const parse = (statement: string, sql: string): Buffer => encodeParse(statement, sql, []);
export const bind = (portal: string, statement: string): Buffer =>
  encodeBind({ portal, statement, paramFormats: [], params: [], resultFormats: [] });
export const execute = (portal = "", maxRows = 0): Buffer => encodeExecute({ portal, maxRows });

/** Parse, Bind and Execute without names; the Sync is for whoever sends it. */
export const extended = (sql: string): Buffer => Buffer.concat([parse("", sql), bind("", ""), execute()]);
