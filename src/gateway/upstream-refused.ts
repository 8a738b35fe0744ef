import { WhosawError } from "../base/errors.ts";
import { textOf } from "../wire/bytes.ts";
import { ERROR_FIELD, type ErrorFields } from "../wire/messages/error-response.ts";

/** The database said no to the gateway; a client may be told in the database's own words. */
export class UpstreamRefused extends WhosawError {
  readonly said: ErrorFields;

  constructor(fields: ErrorFields) {
    const message = textOf(fields.get(ERROR_FIELD.message) ?? "no reason given");
    super("UPSTREAM_UNREACHABLE", `the database refused the connection: ${message}`, {
      hint: "check upstream.url, its password and the database's pg_hba.conf",
    });
    this.said = fields;
  }
}
