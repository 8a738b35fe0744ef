/** Properties that every message has: what was encoded is decoded; cut at any byte, or any bytes, it is refused with a code. */
import fc, { type Arbitrary } from "fast-check";
import { describe, expect, test } from "vitest";
import { WhosawError } from "../../base/errors.ts";
import { byteString, textOf } from "../bytes.ts";
import { BACKEND, FRONTEND, backendName, frontendName } from "../types.ts";
import { type Authentication, decodeAuthentication, encodeAuthentication } from "./authentication.ts";
import { decodeBackendKeyData, encodeBackendKeyData } from "./backend-key-data.ts";
import { type Bind, appendResultFormats, bindNames, decodeBind, encodeBind } from "./bind.ts";
import { commandTag, decodeCommandComplete, encodeCommandComplete } from "./command-complete.ts";
import { encodeCopyData } from "./copy-data.ts";
import { decodeCopyFail, encodeCopyFail } from "./copy-fail.ts";
import { decodeCopyResponse, encodeCopyInResponse, encodeCopyOutResponse } from "./copy-response.ts";
import { decodeDataRow, encodeDataRow } from "./data-row.ts";
import { decodeTarget, encodeClose, encodeDescribe } from "./describe.ts";
import * as empty from "./empty.ts";
import {
  ERROR_FIELD,
  decodeErrorFields,
  encodeErrorResponse,
  encodeNoticeResponse,
  fieldsOf,
  sqlstateOf,
} from "./error-response.ts";
import { decodeExecute, encodeExecute } from "./execute.ts";
import { decodeNegotiateProtocolVersion, encodeNegotiateProtocolVersion } from "./negotiate-protocol-version.ts";
import { decodeNotificationResponse, encodeNotificationResponse } from "./notification-response.ts";
import { decodeParameterDescription, encodeParameterDescription } from "./parameter-description.ts";
import { decodeParameterStatus, encodeParameterStatus } from "./parameter-status.ts";
import { decodeParse, encodeParse } from "./parse.ts";
import {
  decodePassword,
  decodeSaslInitialResponse,
  decodeSaslResponse,
  encodePassword,
  encodeSaslInitialResponse,
  encodeSaslResponse,
} from "./password.ts";
import { decodeQuery, encodeQuery } from "./query.ts";
import { decodeReadyForQuery, encodeReadyForQuery, type TransactionStatus } from "./ready-for-query.ts";
import { decodeRowDescription, encodeRowDescription } from "./row-description.ts";

const VIOLATION = expect.objectContaining({ code: "PROTOCOL_VIOLATION" });

const character = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code));
const name = fc.string({ unit: character, maxLength: 20 });
const nonEmptyName = fc.string({ unit: character, minLength: 1, maxLength: 20 });
const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const cbytes = fc.uint8Array({ min: 1, maxLength: 40 }).map((array) => Buffer.from(array));
const int32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });
const oid = fc.integer({ min: 0, max: 0xffffffff });
const int16 = fc.integer({ min: -0x8000, max: 0x7fff });
const list = <T>(item: Arbitrary<T>): Arbitrary<T[]> => fc.array(item, { maxLength: 6 });

type Decode = (buffer: Buffer, payload: number, end: number) => unknown;

interface Case {
  readonly type: number;
  readonly value: Arbitrary<unknown>;
  readonly encode: (value: never) => Buffer;
  readonly decode: Decode;
  /** Any prefix of the payload is a payload too. */
  readonly prefixes?: true;
}

const saslData = (kind: "sasl-continue" | "sasl-final"): Arbitrary<Authentication> =>
  bytes.map((data) => ({ kind, data }));

const CASES: Record<string, Case> = {
  Query: { type: FRONTEND.Query, value: cbytes, encode: encodeQuery, decode: decodeQuery },
  Parse: {
    type: FRONTEND.Parse,
    value: fc.record({ name, text: cbytes, paramOids: list(oid) }),
    encode: (parse: ReturnType<typeof decodeParse>) => encodeParse(parse.name, parse.text, parse.paramOids),
    decode: decodeParse,
  },
  Bind: {
    type: FRONTEND.Bind,
    value: fc.record<Bind>({
      portal: name,
      statement: name,
      paramFormats: list(int16),
      params: list(fc.option(bytes)),
      resultFormats: list(int16),
    }),
    encode: encodeBind,
    decode: decodeBind,
  },
  Describe: {
    type: FRONTEND.Describe,
    value: fc.record({ kind: fc.constantFrom("statement", "portal"), name }),
    encode: encodeDescribe,
    decode: decodeTarget,
  },
  Close: {
    type: FRONTEND.Close,
    value: fc.record({ kind: fc.constantFrom("statement", "portal"), name }),
    encode: encodeClose,
    decode: decodeTarget,
  },
  Execute: {
    type: FRONTEND.Execute,
    value: fc.record({ portal: name, maxRows: int32 }),
    encode: encodeExecute,
    decode: decodeExecute,
  },
  CopyFail: { type: FRONTEND.CopyFail, value: name, encode: encodeCopyFail, decode: decodeCopyFail },
  CopyData: {
    type: FRONTEND.CopyData,
    value: bytes,
    encode: encodeCopyData,
    decode: (buffer, payload, end) => buffer.subarray(payload, end),
    prefixes: true,
  },
  PasswordMessage: { type: FRONTEND.Password, value: cbytes, encode: encodePassword, decode: decodePassword },
  SASLInitialResponse: {
    type: FRONTEND.Password,
    value: fc.record({ mechanism: name, data: fc.option(bytes, { nil: undefined }) }),
    encode: encodeSaslInitialResponse,
    decode: decodeSaslInitialResponse,
  },
  SASLResponse: {
    type: FRONTEND.Password,
    value: bytes,
    encode: encodeSaslResponse,
    decode: decodeSaslResponse,
    prefixes: true,
  },
  Authentication: {
    type: BACKEND.Authentication,
    value: fc.oneof(
      fc.constantFrom<Authentication>({ kind: "ok" }, { kind: "cleartext" }),
      fc.uint8Array({ minLength: 4, maxLength: 4 }).map((salt) => ({ kind: "md5", salt: Buffer.from(salt) })),
      fc.array(nonEmptyName, { minLength: 1, maxLength: 3 }).map((mechanisms) => ({ kind: "sasl", mechanisms })),
    ),
    encode: encodeAuthentication,
    decode: decodeAuthentication,
  },
  "Authentication with data": {
    type: BACKEND.Authentication,
    value: fc.oneof(
      saslData("sasl-continue"),
      saslData("sasl-final"),
      bytes.map((data) => ({ kind: "unsupported", code: 7, data })),
    ),
    encode: encodeAuthentication,
    decode: decodeAuthentication,
    prefixes: true,
  },
  BackendKeyData: {
    type: BACKEND.BackendKeyData,
    value: fc.record({
      processId: int32,
      secret: fc.uint8Array({ minLength: 4, maxLength: 256 }).map((array) => Buffer.from(array)),
    }),
    encode: encodeBackendKeyData,
    decode: decodeBackendKeyData,
    prefixes: true,
  },
  ParameterStatus: {
    type: BACKEND.ParameterStatus,
    value: fc.record({ name, value: name }),
    encode: encodeParameterStatus,
    decode: decodeParameterStatus,
  },
  ReadyForQuery: {
    type: BACKEND.ReadyForQuery,
    value: fc.constantFrom<TransactionStatus>("I", "T", "E"),
    encode: encodeReadyForQuery,
    decode: decodeReadyForQuery,
  },
  RowDescription: {
    type: BACKEND.RowDescription,
    value: list(
      fc.record({
        name,
        tableOid: oid,
        attribute: int16,
        typeOid: oid,
        typeBytes: int16,
        typeModifier: int32,
        format: int16,
      }),
    ),
    encode: encodeRowDescription,
    decode: decodeRowDescription,
  },
  DataRow: { type: BACKEND.DataRow, value: list(fc.option(bytes)), encode: encodeDataRow, decode: decodeDataRow },
  ParameterDescription: {
    type: BACKEND.ParameterDescription,
    value: list(oid),
    encode: encodeParameterDescription,
    decode: decodeParameterDescription,
  },
  CommandComplete: {
    type: BACKEND.CommandComplete,
    value: name,
    encode: encodeCommandComplete,
    decode: decodeCommandComplete,
  },
  ErrorResponse: {
    type: BACKEND.ErrorResponse,
    value: fc
      .uniqueArray(fc.tuple(character, name), { selector: ([letter]) => letter, maxLength: 8 })
      .map((all) => new Map(all)),
    encode: encodeErrorResponse,
    decode: decodeErrorFields,
  },
  NoticeResponse: {
    type: BACKEND.NoticeResponse,
    value: fc.constant(new Map([["S", "NOTICE"]])),
    encode: encodeNoticeResponse,
    decode: decodeErrorFields,
  },
  CopyOutResponse: {
    type: BACKEND.CopyOutResponse,
    value: fc.record({ binary: fc.boolean(), columnFormats: list(int16) }),
    encode: encodeCopyOutResponse,
    decode: decodeCopyResponse,
  },
  CopyInResponse: {
    type: BACKEND.CopyInResponse,
    value: fc.record({ binary: fc.boolean(), columnFormats: list(int16) }),
    encode: encodeCopyInResponse,
    decode: decodeCopyResponse,
  },
  NotificationResponse: {
    type: BACKEND.NotificationResponse,
    value: fc.record({ processId: int32, channel: name, payload: name }),
    encode: encodeNotificationResponse,
    decode: decodeNotificationResponse,
  },
  NegotiateProtocolVersion: {
    type: BACKEND.NegotiateProtocolVersion,
    value: fc.record({ version: int32, unknownOptions: list(name) }),
    encode: encodeNegotiateProtocolVersion,
    decode: decodeNegotiateProtocolVersion,
  },
};

/** Runs a decoder that may only return or throw a coded error. */
function refused(decode: Decode, buffer: Buffer, payload: number, end: number): boolean {
  try {
    decode(buffer, payload, end);
    return false;
  } catch (error) {
    if (error instanceof WhosawError && error.code === "PROTOCOL_VIOLATION") return true;
    throw error;
  }
}

describe.each(Object.entries(CASES))("%s", (_, { type, value, encode, decode, prefixes }) => {
  test("is decoded as it was encoded, anywhere in a buffer", () => {
    fc.assert(
      fc.property(value, fc.nat(9), fc.nat(9), (original, before, after) => {
        const message = encode(original as never);
        expect([message[0], message.readInt32BE(1)]).toEqual([type, message.length - 1]);
        const buffer = Buffer.concat([Buffer.alloc(before, 0xee), message, Buffer.alloc(after, 0)]);
        expect(decode(buffer, before + 5, before + message.length)).toEqual(original);
      }),
      { numRuns: 60 },
    );
  });

  test("is refused if it is cut at any byte, or has one too many", () => {
    fc.assert(
      fc.property(value, (original) => {
        const message = encode(original as never);
        if (prefixes) return;
        for (let end = 5; end < message.length; end++) expect(refused(decode, message, 5, end)).toBe(true);
        const longer = Buffer.concat([message, Buffer.alloc(1)]);
        expect(refused(decode, longer, 5, longer.length)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test("any bytes are decoded or refused with a code", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (array) => {
        refused(decode, Buffer.from(array), 0, array.length);
      }),
      { numRuns: 60 },
    );
  });
});

describe("Bind on the hot path", () => {
  const bind = CASES.Bind!.value as Arbitrary<Bind>;

  test("names and formats are read as by the decoder", () => {
    fc.assert(
      fc.property(bind, (original) => {
        const message = encodeBind(original);
        const { portal, statement, resultFormats } = original;
        expect(bindNames(message, 5, message.length)).toEqual({
          portal,
          statement,
          resultFormats: resultFormats.length,
          firstResultFormat: resultFormats[0] ?? 0,
        });
      }),
    );
  });

  test("text formats are appended where each column has one, otherwise nothing changes", () => {
    fc.assert(
      fc.property(bind, fc.nat(4), fc.nat(9), (original, extra, before) => {
        const message = encodeBind(original);
        const buffer = Buffer.concat([Buffer.alloc(before, 0xee), message]);
        const changed = appendResultFormats(buffer, before, buffer.length, extra);
        const { resultFormats } = original;
        const added = resultFormats.length < 2 ? [] : Array.from({ length: extra }, () => 0);
        expect(changed.equals(encodeBind({ ...original, resultFormats: [...resultFormats, ...added] }))).toBe(true);
      }),
    );
  });

  test("a message cut at any byte is refused by both", () => {
    const message = encodeBind({
      portal: "p",
      statement: "s",
      paramFormats: [1],
      params: [Buffer.from("x"), null],
      resultFormats: [0, 1],
    });
    for (let end = 5; end < message.length; end++) {
      expect(refused(bindNames, message, 5, end)).toBe(true);
      expect(refused((buffer, payload, to) => appendResultFormats(buffer, payload - 5, to, 1), message, 5, end)).toBe(
        true,
      );
    }
  });
});

describe("details", () => {
  test.each([
    ["S", empty.SYNC],
    ["H", empty.FLUSH],
    ["X", empty.TERMINATE],
    ["c", empty.COPY_DONE],
    ["1", empty.PARSE_COMPLETE],
    ["2", empty.BIND_COMPLETE],
    ["3", empty.CLOSE_COMPLETE],
    ["n", empty.NO_DATA],
    ["s", empty.PORTAL_SUSPENDED],
    ["I", empty.EMPTY_QUERY_RESPONSE],
  ])("message %s has no fields", (letter, message) => {
    expect(message.toString("latin1")).toBe(`${letter}\0\0\0\x04`);
  });

  test("fields where there must be none are refused", () => {
    expect(() => empty.checkEmpty(5, 6)).toThrow(VIOLATION);
    expect(() => empty.checkEmpty(5, 5)).not.toThrow();
  });

  test.each([
    ["SELECT 3", "SELECT", 3],
    ["INSERT 0 12", "INSERT", 12],
    ["FETCH 0", "FETCH", 0],
    ["CREATE TABLE", "CREATE TABLE", undefined],
    ["", "", undefined],
    ["COPY 68000", "COPY", 68_000],
  ])("the tag %j", (tag, command, rows) => {
    expect(commandTag(tag)).toEqual({ command, rows });
  });

  test("an error without an SQLSTATE, or with nonsense for one, has XX000", () => {
    expect(sqlstateOf(new Map())).toBe("XX000");
    expect(sqlstateOf(new Map([["C", "42"]]))).toBe("XX000");
    expect(sqlstateOf(new Map([["C", "42P01"]]))).toBe("42P01");
  });

  test("an error of the gateway's own carries state, hint and code", () => {
    const error = new WhosawError("REFUSED", "caf\u00e9\0", { hint: "do this" });
    const message = encodeErrorResponse(fieldsOf(error));
    const fields = decodeErrorFields(message, 5, message.length);
    expect(fields.get(ERROR_FIELD.code)).toBe("42501");
    expect(textOf(fields.get(ERROR_FIELD.message)!)).toBe("caf\u00e9");
    expect([fields.get("H"), fields.get("R"), fields.get("V")]).toEqual(["do this", "REFUSED", "ERROR"]);
  });

  test("byte strings keep bytes", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => textOf(byteString(text)) === text));
  });

  test("type bytes have names in their own direction only", () => {
    expect([frontendName(0x44), backendName(0x44)]).toEqual(["Describe", "DataRow"]);
    expect([frontendName(0), backendName(255), frontendName(0x5a)]).toEqual([undefined, undefined, undefined]);
  });

  test.each([-1, 0x7fffffff, 0x10000])("NegotiateProtocolVersion with %i options is refused", (count) => {
    const message = encodeNegotiateProtocolVersion({ version: 3 << 16, unknownOptions: ["a"] });
    message.writeInt32BE(count, 9);
    expect(refused(decodeNegotiateProtocolVersion, message, 5, message.length)).toBe(true);
  });
});
