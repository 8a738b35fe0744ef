import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { endPointHash } from "./tls-binding.ts";

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
const RSA = ["-newkey", "rsa:1024"];

/** A self-signed certificate made by the `openssl` program, DER. */
function certificate(options: readonly string[]): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "whosaw-binding-"));
  try {
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.der")];
    const fixed = ["-nodes", "-days", "2", "-subj", "/CN=whosaw", "-keyout", key, "-outform", "DER", "-out", cert];
    execFileSync("openssl", ["req", "-x509", ...options, ...fixed], { stdio: "ignore" });
    return readFileSync(cert);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test.each([
  ["ECDSA with SHA-256", [...EC, "-sha256"], "sha256"],
  ["ECDSA with SHA-384", [...EC, "-sha384"], "sha384"],
  ["ECDSA with SHA-512", [...EC, "-sha512"], "sha512"],
  ["ECDSA with SHA-1, which counts as SHA-256", [...EC, "-sha1"], "sha256"],
  ["RSA with SHA-256", [...RSA, "-sha256"], "sha256"],
  ["RSA with SHA-512", [...RSA, "-sha512"], "sha512"],
  ["RSA-PSS with SHA-384", [...RSA, "-sha384", "-sigopt", "rsa_padding_mode:pss"], "sha384"],
])("the hash is the signature's own: %s", (_, options, hash) => {
  const der = certificate(options);
  expect(endPointHash(der)).toEqual(createHash(hash).update(der).digest());
});

test("there is no binding for Ed25519: RFC 5929 defines none", () => {
  expect(endPointHash(certificate(["-newkey", "ed25519"]))).toBeUndefined();
});

test("what is no certificate has no binding, cut or changed anywhere", () => {
  const der = certificate([...EC, "-sha256"]);
  for (let end = 0; end < der.length; end++) expect(endPointHash(der.subarray(0, end))).toBeUndefined();
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.nat(255), (at, byte) => {
      const changed = Buffer.from(der);
      changed[at] = byte;
      return [undefined, 28, 32, 48, 64].includes(endPointHash(changed)?.length);
    }),
  );
  fc.assert(fc.property(fc.uint8Array(), (bytes) => endPointHash(Buffer.from(bytes)) === undefined));
});
