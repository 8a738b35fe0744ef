/** The channel binding tls-server-end-point (RFC 5929, section 4): a hash of the server's certificate. */
import { createHash } from "node:crypto";

/** Signature algorithms by the hex of their OID, and the hash that the binding takes: MD5 and SHA-1 count as SHA-256. */
const HASHES: Readonly<Record<string, string>> = {
  // RSA, PKCS #1 v1.5
  "2a864886f70d010104": "sha256",
  "2a864886f70d010105": "sha256",
  "2a864886f70d01010b": "sha256",
  "2a864886f70d01010c": "sha384",
  "2a864886f70d01010d": "sha512",
  "2a864886f70d01010e": "sha224",
  // ECDSA
  "2a8648ce3d0401": "sha256",
  "2a8648ce3d040301": "sha224",
  "2a8648ce3d040302": "sha256",
  "2a8648ce3d040303": "sha384",
  "2a8648ce3d040304": "sha512",
  // Hashes, as parameters of RSASSA-PSS
  "2b0e03021a": "sha256",
  "608648016503040201": "sha256",
  "608648016503040202": "sha384",
  "608648016503040203": "sha512",
  "608648016503040204": "sha224",
};
const RSASSA_PSS = "2a864886f70d01010a";

const SEQUENCE = 0x30;
const OID = 0x06;
const CONTEXT_0 = 0xa0;

interface Element {
  readonly tag: number;
  readonly content: Buffer;
  readonly after: Buffer;
}

/** The DER element at the beginning of `bytes`. */
function element(bytes: Buffer): Element | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes[1]!;
  const lengthBytes = short < 0x80 ? 0 : short & 0x7f;
  if (lengthBytes > 4 || bytes.length < 2 + lengthBytes || short === 0x80) return undefined;
  const length = lengthBytes === 0 ? short : bytes.readUIntBE(2, lengthBytes);
  const from = 2 + lengthBytes;
  if (length > bytes.length - from) return undefined;
  return { tag: bytes[0]!, content: bytes.subarray(from, from + length), after: bytes.subarray(from + length) };
}

/** The content of the element at the beginning of `bytes`, if it has that tag. */
function open(bytes: Buffer | undefined, tag: number): Buffer | undefined {
  const found = bytes === undefined ? undefined : element(bytes);
  return found?.tag === tag ? found.content : undefined;
}

/** Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OID, parameters }, signature } */
function signatureHash(certificate: Buffer): string | undefined {
  const toBeSigned = open(certificate, SEQUENCE);
  const algorithm = toBeSigned && open(element(toBeSigned)?.after, SEQUENCE);
  const oid = algorithm && open(algorithm, OID)?.toString("hex");
  if (algorithm === undefined || oid === undefined) return undefined;
  if (oid !== RSASSA_PSS) return HASHES[oid];
  const hash = open(open(open(element(algorithm)?.after, SEQUENCE), CONTEXT_0), SEQUENCE);
  return hash === undefined ? "sha256" : HASHES[open(hash, OID)?.toString("hex") ?? ""];
}

/**
 * @param certificate the server's certificate, DER
 * @returns the binding data; undefined if RFC 5929 defines none for its signature (Ed25519, Ed448) or it is no certificate
 */
export function endPointHash(certificate: Buffer): Buffer | undefined {
  const hash = signatureHash(certificate);
  return hash === undefined ? undefined : createHash(hash).update(certificate).digest();
}
