import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import {
  GSSENC_REQUEST,
  SSL_REQUEST,
  type StartupMessage,
  StartupReader,
  decodeStartupPacket,
  encodeCancelRequest,
  encodeStartup,
  negotiate,
  parseOptions,
} from "./startup.ts";

const VIOLATION = expect.objectContaining({ code: "PROTOCOL_VIOLATION", sqlstate: "08P01" });
const UNSUPPORTED = expect.objectContaining({ code: "FEATURE_NOT_SUPPORTED", sqlstate: "0A000" });

function packet(code: number, payload: string | Buffer): Buffer {
  const body = Buffer.from(payload as string, "latin1");
  const header = Buffer.alloc(8);
  header.writeInt32BE(8 + body.length, 0);
  header.writeInt32BE(code, 4);
  return Buffer.concat([header, body]);
}

function startup(payload: string, minor = 0): StartupMessage {
  const decoded = decodeStartupPacket(packet((3 << 16) | minor, payload));
  if (decoded.kind !== "startup") throw new Error("another packet");
  return decoded;
}

describe("the first packet", () => {
  test("requests for encryption and cancellation", () => {
    expect(decodeStartupPacket(SSL_REQUEST)).toEqual({ kind: "ssl" });
    expect(decodeStartupPacket(GSSENC_REQUEST)).toEqual({ kind: "gssenc" });
    for (const bytes of [4, 32, 256]) {
      const secret = Buffer.alloc(bytes, 5);
      expect(decodeStartupPacket(encodeCancelRequest(-7, secret))).toEqual({ kind: "cancel", processId: -7, secret });
    }
    for (const bytes of [0, 3, 257]) {
      expect(() => decodeStartupPacket(encodeCancelRequest(1, Buffer.alloc(bytes)))).toThrow(VIOLATION);
    }
    expect(() => decodeStartupPacket(Buffer.concat([SSL_REQUEST, Buffer.of(0)]))).toThrow(VIOLATION);
  });

  test("parameters come back as they were sent", () => {
    const word = fc.string({
      unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 9,
    });
    fc.assert(
      fc.property(fc.dictionary(word, word), word, (rest, user) => {
        const parameters = new Map(Object.entries({ ...rest, user }).filter(([name]) => !name.startsWith("_pq_.")));
        const decoded = decodeStartupPacket(encodeStartup(parameters));
        expect(decoded).toMatchObject({ kind: "startup", minor: 0, protocolOptions: [] });
        expect((decoded as StartupMessage).parameters).toEqual(parameters);
      }),
    );
  });

  test.each([
    ["no terminator", "user\0a\0"],
    ["bytes after the terminator", "user\0a\0\0x"],
    ["a name without a value", "user\0a\0database\0"],
    ["a name twice", "user\0a\0user\0b\0\0"],
    ["an option twice", "user\0a\0_pq_.x\0b\0_pq_.x\0b\0\0"],
    ["nothing", ""],
  ])("%s is refused", (_, payload) => {
    expect(() => startup(payload)).toThrow(VIOLATION);
  });

  test.each([
    ["no user", "database\0a\0\0"],
    ["an empty user", "user\0\0\0"],
  ])("%s is refused as PostgreSQL does it", (_, payload) => {
    expect(() => startup(payload)).toThrow(expect.objectContaining({ code: "USER_NOT_NAMED" }));
  });

  test.each([0, 1 << 16, 2 << 16, (3 << 16) + (1 << 16), -1, 0x7fffffff])("version code %i is refused", (code) => {
    expect(() => decodeStartupPacket(packet(code, "user\0a\0\0"))).toThrow(UNSUPPORTED);
  });

  test("it arrives in pieces, and what follows stays apart", () => {
    const bytes = Buffer.concat([packet(3 << 16, "user\0a\0\0"), Buffer.from("next")]);
    for (let cut = 0; cut < bytes.length; cut++) {
      const reader = new StartupReader();
      const first = reader.push(bytes.subarray(0, cut));
      const decoded = first ?? reader.push(bytes.subarray(cut));
      expect(decoded?.kind).toBe("startup");
      expect("next".startsWith(reader.rest.toString())).toBe(true);
      if (first === undefined) expect(reader.rest.toString()).toBe("next");
    }
  });

  test.each([-0x80000000, -1, 0, 4, 7, LIMITS.startupBytesMax + 1, 0x7fffffff])(
    "length %i is refused at once",
    (length) => {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32BE(length);
      expect(() => new StartupReader().push(bytes)).toThrow(expect.objectContaining({ code: "NOT_A_STARTUP_PACKET" }));
    },
  );

  test("any bytes are a packet, or waiting, or a coded error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (array, whole) => {
        const run = (): unknown =>
          whole
            ? decodeStartupPacket(packet(3 << 16, Buffer.from(array)))
            : new StartupReader().push(Buffer.from(array));
        try {
          run();
        } catch (error) {
          expect(error).toBeInstanceOf(WhosawError);
        }
      }),
    );
  });

  test("what no server would accept is not sent", () => {
    expect(() => encodeStartup(new Map([["user", "a\0b"]]))).toThrow(VIOLATION);
    expect(() => encodeStartup(new Map([["", "a"]]))).toThrow(VIOLATION);
    expect(() => encodeStartup(new Map([["user", "a".repeat(LIMITS.startupBytesMax)]]))).toThrow(VIOLATION);
  });
});

describe("replication", () => {
  test.each([
    ["true", true],
    ["on", true],
    ["1", true],
    ["database", true],
    ["", true],
    ["o", true],
    ["maybe", true],
    ["false", false],
    ["FALSE", false],
    ["f", false],
    ["no", false],
    ["of", false],
    ["off", false],
    ["0", false],
  ])("%j", (value, expected) => {
    expect(startup(`user\0a\0replication\0${value}\0\0`).replication).toBe(expected);
  });

  test("is off if nobody asks", () => expect(startup("user\0a\0\0").replication).toBe(false));
});

describe("version negotiation", () => {
  test.each([
    [0, "", 0, 0, undefined],
    [0, "", 2, 0, undefined],
    [2, "", 2, 2, undefined],
    [2, "", 0, 0, { version: 0x30000, unknownOptions: [] }],
    [1, "", 2, 0, { version: 0x30000, unknownOptions: [] }],
    [9999, "", 2, 2, { version: 0x30002, unknownOptions: [] }],
    [0, "_pq_.grease\0x\0", 0, 0, { version: 0x30000, unknownOptions: ["_pq_.grease"] }],
  ] as const)("3.%i with %j, newest 3.%i", (asked, option, newest, minor, reply) => {
    const message = startup(`user\0a\0${option}\0`, asked);
    expect(negotiate(message, newest)).toEqual({ minor, reply });
    expect([...message.parameters.keys()]).toEqual(["user"]);
  });
});

describe("options", () => {
  test.each([
    ["", []],
    ["  ", []],
    ["-c a=b", [["a", "b"]]],
    ["-ca=b", [["a", "b"]]],
    ["--search-path=x,y", [["search_path", "x,y"]]],
    [
      "-c a=b\\ c -c\td=\\\\e",
      [
        ["a", "b c"],
        ["d", "\\e"],
      ],
    ],
    ["-c a=", [["a", ""]]],
    ["-c a=b=c", [["a", "b=c"]]],
    [
      "-c a=1 -c a=2",
      [
        ["a", "1"],
        ["a", "2"],
      ],
    ],
    ["-c a=b\\", [["a", "b"]]],
    ["\\-c a=b", [["a", "b"]]],
  ])("%j", (options, expected) => {
    expect(parseOptions(options)).toEqual(expected);
  });

  test.each(["-c", "-c a", "-c =b", "a=b", "-e", "-d 5", "--", "-- a=b", "-O", "-S 4", "-"])(
    "%j is refused",
    (options) => {
      expect(() => parseOptions(options)).toThrow(UNSUPPORTED);
    },
  );

  test("a value survives being escaped", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        fc.pre(!value.includes("\0"));
        const escaped = value.replaceAll(/[\\\s]/g, "\\$&");
        expect(parseOptions(`-c role=${escaped}`)).toEqual([["role", value]]);
      }),
    );
  });
});
