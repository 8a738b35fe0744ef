/**
 * Statement bytes, in whatever client_encoding says, as text and back. What was not changed must come out as the same
 * bytes: the text is only ever spliced with ASCII.
 *
 * Multibyte encodings other than UTF-8 are read as long as the statement is ASCII. Beyond that they are refused: in
 * some a second byte may be a backslash or a quote, and in none would the names of tables be right.
 */
import { assert } from "../base/assert.ts";
import { WhosawError } from "../base/errors.ts";

export interface SqlText {
  readonly text: string;
  /** A text of the same session (this one, spliced) in the session's encoding. */
  encode(text: string): Buffer;
}

/** Bytes 0x80 to 0xff of ISO 8859-1 are the code points of the same numbers; the first 32 are the C1 controls. */
const LATIN1 = String.fromCharCode(...Array.from({ length: 128 }, (_, i) => 128 + i));
const C1 = LATIN1.slice(0, 32);

/** Code pages that give every byte above 127 its character, and the label by which the platform knows them. */
const SINGLE_BYTE: Readonly<Record<string, string>> = {
  latin2: "iso-8859-2",
  latin3: "iso-8859-3",
  latin4: "iso-8859-4",
  latin5: "windows-1254",
  latin6: "iso-8859-10",
  latin7: "iso-8859-13",
  latin8: "iso-8859-14",
  latin9: "iso-8859-15",
  iso88595: "iso-8859-5",
  iso88596: "iso-8859-6",
  iso88597: "iso-8859-7",
  iso88598: "iso-8859-8",
  koi8r: "koi8-r",
  koi8u: "koi8-u",
  win866: "ibm866",
  win874: "windows-874",
  win1250: "windows-1250",
  win1251: "windows-1251",
  win1253: "windows-1253",
  win1254: "windows-1254",
  win1255: "windows-1255",
  win1256: "windows-1256",
  win1257: "windows-1257",
  win1258: "windows-1258",
};

/**
 * Upper halves of pages that the platform's decoder lacks or, in some of its versions, takes for another (windows-1252
 * for ISO 8859-1). U+FFFD stands where the page has nothing.
 */
const UPPER_HALVES: Readonly<Record<string, string>> = {
  latin10: `${C1}\u00a0ĄąŁ€„Š§š©Ș«Ź\u00adźŻ°±ČłŽ”¶·žčș»ŒœŸżÀÁÂĂÄĆÆÇÈÉÊËÌÍÎÏĐŃÒÓÔŐÖŚŰÙÚÛÜĘȚßàáâăäćæçèéêëìíîïđńòóôőöśűùúûüęțÿ`,
  win1252: `€\ufffd‚ƒ„…†‡ˆ‰Š‹Œ\ufffdŽ\ufffd\ufffd‘’“”•–—˜™š›œ\ufffdžŸ${LATIN1.slice(32)}`,
};

/** Other spellings that SET client_encoding takes; the server reports the canonical one. */
const ALIASES: Readonly<Record<string, string>> = {
  unicode: "utf8",
  sqlascii: "utf8",
  iso88591: "latin1",
  iso88592: "latin2",
  iso88593: "latin3",
  iso88594: "latin4",
  iso88599: "latin5",
  iso885910: "latin6",
  iso885913: "latin7",
  iso885914: "latin8",
  iso885915: "latin9",
  iso885916: "latin10",
  koi8: "koi8r",
  win: "win1251",
  alt: "win866",
  abc: "win1258",
  tcvn: "win1258",
  tcvn5712: "win1258",
  vscii: "win1258",
};

/** Second bytes of characters may be ASCII: not even a delimiter can be found without decoding. */
const EMBEDS_ASCII = new Set([
  "sjis",
  "mskanji",
  "shiftjis",
  "win932",
  "windows932",
  "shiftjis2004",
  "big5",
  "win950",
  "windows950",
  "gbk",
  "win936",
  "windows936",
  "uhc",
  "win949",
  "windows949",
  "gb18030",
  "johab",
]);

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Compares as PostgreSQL does: letters and digits only, any case. */
function normalized(encoding: string): string {
  const name = encoding
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "")
    .replace(/^windows(?=\d)/, "win");
  return ALIASES[name] ?? name;
}

/** Whether a character of that client_encoding may hold an ASCII byte that is not that ASCII character. */
export function embedsAscii(encoding: string): boolean {
  return EMBEDS_ASCII.has(normalized(encoding));
}

function unreadable(what: string): WhosawError {
  return new WhosawError("STATEMENT_UNREADABLE", what, {
    hint: "Run SET client_encoding = 'UTF8' and send the statement in UTF-8.",
  });
}

function isAscii(bytes: Buffer): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! > 127) return false;
  return true;
}

/** Both directions of one code page. */
class CodePage {
  /** Index is the byte minus 128; undefined where the page has no character. */
  readonly #characters: readonly (string | undefined)[];
  readonly #bytes: ReadonlyMap<string, number>;

  /** @param upperHalf the characters of bytes 128 to 255, U+FFFD where there is none */
  constructor(upperHalf: string) {
    this.#characters = Array.from({ length: 128 }, (_, i) => (upperHalf[i] === "\ufffd" ? undefined : upperHalf[i]));
    const bytes = new Map<string, number>();
    this.#characters.forEach((character, i) => {
      if (character !== undefined) bytes.set(character, 128 + i);
    });
    assert(upperHalf.length === 128, "a code page has 128 upper characters");
    this.#bytes = bytes;
  }

  decode(source: Buffer): string {
    let text = "";
    let ascii = 0;
    for (let i = 0; i < source.length; i++) {
      const byte = source[i]!;
      if (byte < 128) continue;
      const character = this.#characters[byte - 128];
      if (character === undefined)
        throw unreadable("The statement holds a byte that its client_encoding does not know.");
      text += source.toString("latin1", ascii, i) + character;
      ascii = i + 1;
    }
    return text + source.toString("latin1", ascii);
  }

  encode(text: string): Buffer {
    const bytes = Buffer.allocUnsafe(text.length);
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      const byte = code < 128 ? code : this.#bytes.get(text[i]!);
      if (byte === undefined) throw unreadable("The statement cannot be written in the session's client_encoding.");
      bytes[i] = byte;
    }
    return bytes;
  }
}

const codePages = new Map<string, CodePage>();

function codePage(name: string): CodePage | undefined {
  const known = codePages.get(name);
  if (known !== undefined) return known;
  const upperHalf = UPPER_HALVES[name] ?? decodedHalf(name, SINGLE_BYTE[name]);
  if (upperHalf === undefined) return undefined;
  const page = new CodePage(upperHalf);
  codePages.set(name, page);
  return page;
}

/** PostgreSQL's ISO pages keep the C1 controls, whatever the decoder puts there. */
function decodedHalf(name: string, label: string | undefined): string | undefined {
  if (label === undefined) return undefined;
  const half = new TextDecoder(label).decode(Buffer.from(LATIN1, "latin1"));
  return /^(latin|iso)/.test(name) ? C1 + half.slice(32) : half;
}

const encodeUtf8 = (text: string): Buffer => Buffer.from(text, "utf8");

/**
 * Reads a statement.
 *
 * SQL_ASCII means that the server does not convert: the bytes are then in its own encoding, which must be UTF-8 here.
 * @param bytes the SQL text without its NUL
 * @param clientEncoding as ParameterStatus reports it; any spelling that PostgreSQL takes is understood
 * @throws STATEMENT_UNREADABLE if the bytes are not text in that encoding, or hold a NUL, or if the encoding is
 *   multibyte (other than UTF-8) or unknown and the statement is not ASCII
 */
export function sqlText(bytes: Buffer, clientEncoding: string): SqlText {
  if (bytes.includes(0)) throw unreadable("The statement holds a NUL byte.");
  if (isAscii(bytes)) return new ReadText(bytes.toString("latin1"), clientEncoding);
  return new ReadText(decode(bytes, normalized(clientEncoding)), clientEncoding);
}

function decode(bytes: Buffer, encoding: string): string {
  if (encoding === "utf8") {
    try {
      return utf8.decode(bytes);
    } catch {
      throw unreadable("The statement is not valid UTF-8.");
    }
  }
  if (encoding === "latin1") return bytes.toString("latin1");
  const page = codePage(encoding);
  if (page === undefined) throw unreadable(`Statements in ${printable(encoding)} are read only where they are ASCII.`);
  return page.decode(bytes);
}

/** An encoding's name comes from outside. */
function printable(encoding: string): string {
  return encoding.slice(0, 20).toUpperCase();
}

class ReadText implements SqlText {
  readonly text: string;
  readonly #clientEncoding: string;

  constructor(text: string, clientEncoding: string) {
    this.text = text;
    this.#clientEncoding = clientEncoding;
  }

  encode(text: string): Buffer {
    const encoding = normalized(this.#clientEncoding);
    if (encoding === "utf8") return encodeUtf8(text);
    const bytes = encodeUtf8(text);
    if (bytes.length === text.length) return bytes;
    if (encoding === "latin1") return encodeLatin1(text);
    const page = codePage(encoding);
    if (page === undefined) throw unreadable("The statement cannot be written in the session's client_encoding.");
    return page.encode(text);
  }
}

function encodeLatin1(text: string): Buffer {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 255) throw unreadable("The statement cannot be written in the session's client_encoding.");
  }
  return Buffer.from(text, "latin1");
}
