/**
 * The first packet of a connection, which has no type byte: int32 length (counts itself), int32 code, the rest.
 * Clients may ask for TLS or GSSAPI encryption first and then start again.
 */
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { ByteReader, int32At, putInt32, violation } from "./bytes.ts";
import type { NegotiateProtocolVersion } from "./messages/negotiate-protocol-version.ts";

const PROTOCOL_MAJOR = 3;
/** Codes that stand where a protocol version would: major 1234. */
const CANCEL_REQUEST_CODE = (1234 << 16) | 5678;
const SSL_REQUEST_CODE = (1234 << 16) | 5679;
const GSSENC_REQUEST_CODE = (1234 << 16) | 5680;
const KEY_BYTES_MIN = 4;
/** Parameters with this prefix are options of the protocol, not settings. */
const PROTOCOL_OPTION = "_pq_.";

export interface StartupMessage {
  readonly kind: "startup";
  /** The minor version asked for; the major is 3. */
  readonly minor: number;
  /** Name to value (byte strings), in order, without the options of the protocol. `user` is there and not empty. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Names of `_pq_.` options. None is known here. */
  readonly protocolOptions: readonly string[];
  /** The client asked for a walsender, physical or logical, or for something that only the server can read as a no. */
  readonly replication: boolean;
}

export interface CancelRequest {
  readonly kind: "cancel";
  readonly processId: number;
  /** 4 bytes in protocol 3.0, up to 256 in 3.2. */
  readonly secret: Buffer;
}

export type StartupPacket = { readonly kind: "ssl" } | { readonly kind: "gssenc" } | CancelRequest | StartupMessage;

/** Collects the bytes of one untyped packet; they may come one by one. */
export class StartupReader {
  /**
   * What came after the packet. After an SSLRequest or GSSENCRequest it must be empty: it would be plain text passed off
   * as encrypted (CVE-2021-23214).
   */
  rest: Buffer = Buffer.alloc(0);
  #received: Buffer = Buffer.alloc(0);

  /**
   * @returns the packet once it is whole; then the reader is ready for another one, and `rest` is not part of it
   * @throws NOT_A_STARTUP_PACKET by its length; PROTOCOL_VIOLATION, FEATURE_NOT_SUPPORTED as `decodeStartupPacket`
   */
  push(chunk: Buffer): StartupPacket | undefined {
    const received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    this.#received = received;
    if (received.length < 4) return undefined;
    const length = int32At(received, 0);
    if (length < 8 || length > LIMITS.startupBytesMax) throw notStartup();
    if (received.length < length) return undefined;
    this.rest = received.subarray(length);
    this.#received = Buffer.alloc(0);
    return decodeStartupPacket(received.subarray(0, length));
  }
}

function notStartup(): WhosawError {
  return new WhosawError("NOT_A_STARTUP_PACKET", "The first packet has an impossible length.");
}

/**
 * @param packet one whole packet, with its length
 * @throws PROTOCOL_VIOLATION if it is malformed, USER_NOT_NAMED, FEATURE_NOT_SUPPORTED if its major version is not 3
 */
export function decodeStartupPacket(packet: Buffer): StartupPacket {
  const reader = new ByteReader(packet, 0, packet.length);
  if (reader.int32() !== packet.length || packet.length > LIMITS.startupBytesMax) {
    throw violation("The first packet has an impossible length.");
  }
  const code = reader.int32();
  switch (code) {
    case SSL_REQUEST_CODE:
      reader.finish();
      return { kind: "ssl" };
    case GSSENC_REQUEST_CODE:
      reader.finish();
      return { kind: "gssenc" };
    case CANCEL_REQUEST_CODE:
      return decodeCancelRequest(reader);
    default:
      return decodeStartupMessage(code, reader);
  }
}

function decodeCancelRequest(reader: ByteReader): CancelRequest {
  const processId = reader.int32();
  const secret = reader.rest();
  if (secret.length < KEY_BYTES_MIN || secret.length > LIMITS.cancelKeyBytesMax) {
    throw violation("A cancel request has a key of impossible length.");
  }
  return { kind: "cancel", processId, secret };
}

function decodeStartupMessage(code: number, reader: ByteReader): StartupMessage {
  if (code >>> 16 !== PROTOCOL_MAJOR) {
    throw new WhosawError("FEATURE_NOT_SUPPORTED", "This version of the PostgreSQL protocol is not spoken here.", {
      hint: "Use a client that speaks protocol 3, which PostgreSQL has had since 7.4.",
    });
  }
  const parameters = new Map<string, string>();
  const protocolOptions = new Set<string>();
  for (;;) {
    const name = reader.cstring();
    if (name === "") break;
    const value = reader.cstring();
    if (parameters.has(name) || protocolOptions.has(name)) throw violation("A startup parameter is given twice.");
    if (name.startsWith(PROTOCOL_OPTION)) protocolOptions.add(name);
    else parameters.set(name, value);
  }
  reader.finish();
  if ((parameters.get("user") ?? "") === "") {
    throw new WhosawError("USER_NOT_NAMED", "The startup packet names no user.", { hint: "Connect with a user name." });
  }
  const replication = !isFalse(parameters.get("replication") ?? "off");
  return { kind: "startup", minor: code & 0xffff, parameters, protocolOptions: [...protocolOptions], replication };
}

/** As PostgreSQL reads booleans: any unambiguous beginning, any case. */
function isFalse(value: string): boolean {
  const word = value.toLowerCase();
  return word === "0" || (word !== "" && ("false".startsWith(word) || "no".startsWith(word))) || /^off?$/.test(word);
}

/**
 * What to answer to the version and protocol options that a client asked for.
 * @param newestMinor newest minor version of protocol 3 that is spoken here
 * @returns the minor version to speak; `reply` is to be sent before authentication, if there is one. There is no 3.1.
 */
export function negotiate(
  startup: StartupMessage,
  newestMinor: 0 | 2,
): { readonly minor: 0 | 2; readonly reply: NegotiateProtocolVersion | undefined } {
  const minor = startup.minor >= 2 ? newestMinor : 0;
  if (startup.minor === minor && startup.protocolOptions.length === 0) return { minor, reply: undefined };
  const version = (PROTOCOL_MAJOR << 16) | minor;
  return { minor, reply: { version, unknownOptions: startup.protocolOptions } };
}

function untyped(code: number, payload: Buffer): Buffer {
  const packet = Buffer.alloc(8 + payload.length);
  putInt32(packet, 0, packet.length);
  putInt32(packet, 4, code);
  payload.copy(packet, 8);
  return packet;
}

export const SSL_REQUEST = untyped(SSL_REQUEST_CODE, Buffer.alloc(0));
export const GSSENC_REQUEST = untyped(GSSENC_REQUEST_CODE, Buffer.alloc(0));

/** CancelRequest, the one message of a connection of its own. @param secret from BackendKeyData */
export function encodeCancelRequest(processId: number, secret: Buffer): Buffer {
  const payload = Buffer.alloc(4 + secret.length);
  putInt32(payload, 0, processId);
  secret.copy(payload, 4);
  return untyped(CANCEL_REQUEST_CODE, payload);
}

/**
 * @param parameters byte strings; `user` among them
 * @throws PROTOCOL_VIOLATION if a name is empty or a string holds a NUL, or if it all is longer than a server accepts
 */
export function encodeStartup(parameters: ReadonlyMap<string, string>, minor = 0): Buffer {
  let payload = "";
  for (const [name, value] of parameters) {
    if (name === "" || name.includes("\0") || value.includes("\0"))
      throw violation("A startup parameter is malformed.");
    payload += `${name}\0${value}\0`;
  }
  const packet = untyped((PROTOCOL_MAJOR << 16) | minor, Buffer.from(`${payload}\0`, "latin1"));
  if (packet.length > LIMITS.startupBytesMax) throw violation("The startup parameters are too long.");
  return packet;
}

/**
 * Reads the startup parameter `options` as PostgreSQL does (pg_split_opts, then the switches of a backend), as far as it
 * sets settings: `-c name=value`, `-cname=value`, `--name=value`. In names a dash is an underscore.
 * @param options byte string
 * @returns names and values in order; the last one of a name wins
 * @throws FEATURE_NOT_SUPPORTED on any other switch
 */
export function parseOptions(options: string): [name: string, value: string][] {
  const settings: [string, string][] = [];
  const words = splitOptions(options);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    let setting: string | undefined;
    if (word === "-c") setting = words[++i];
    else if (word.startsWith("-c") || (word.startsWith("--") && word !== "--")) setting = word.slice(2);
    const equals = setting?.indexOf("=") ?? -1;
    if (setting === undefined || equals < 1) throw unknownSwitch();
    settings.push([setting.slice(0, equals).replaceAll("-", "_"), setting.slice(equals + 1)]);
  }
  return settings;
}

/** Words between white space; a backslash makes the character after it part of the word. */
function splitOptions(options: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < options.length; i++) {
    let character = options[i]!;
    if (/[ \t\n\r\f\v]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    if (character === "\\") character = options[++i] ?? "";
    word = (word ?? "") + character;
  }
  if (word !== undefined) words.push(word);
  return words;
}

function unknownSwitch(): WhosawError {
  return new WhosawError(
    "FEATURE_NOT_SUPPORTED",
    "The startup parameter options holds something other than settings.",
    {
      hint: "Write settings as -c name=value or --name=value, with a backslash before spaces in a value.",
    },
  );
}
