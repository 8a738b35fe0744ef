/** Certificates for tests, made by the `openssl` program (Debian package openssl, version 3). */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** PEM texts. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Certificate {
  /**
   * A certificate signed by this authority.
   * @param commonName for client certificates the name of the role
   * @param altNames for servers, as OpenSSL writes them: `DNS:localhost`, `IP:127.0.0.1`
   */
  issue(commonName: string, altNames?: readonly string[]): Promise<Certificate>;
}

/** A certificate authority of its own; two of them trust each other in nothing. */
export async function makeAuthority(commonName = "whosaw test authority"): Promise<Authority> {
  const authority = await request(["-subj", `/CN=${commonName}`, "-addext", "keyUsage=critical,keyCertSign"]);
  return {
    ...authority,
    issue: (name, altNames = []) => {
      const names = altNames.length === 0 ? [] : ["-addext", `subjectAltName=${altNames.join(",")}`];
      return request(["-subj", `/CN=${name}`, "-addext", "basicConstraints=critical,CA:FALSE", ...names], authority);
    },
  };
}

/** A server's certificate for localhost and 127.0.0.1. */
export function issueServer(authority: Authority): Promise<Certificate> {
  return authority.issue("localhost", ["DNS:localhost", "IP:127.0.0.1"]);
}

async function request(options: string[], signer?: Certificate): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), "whosaw-certs-"));
  try {
    const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    const signing: string[] = [];
    if (signer !== undefined) {
      const [ca, caKey] = [join(folder, "ca.pem"), join(folder, "ca-key.pem")];
      await Promise.all([writeFile(ca, signer.cert), writeFile(caKey, signer.key)]);
      signing.push("-CA", ca, "-CAkey", caKey);
    }
    const fresh = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    await run("openssl", ["req", "-x509", ...fresh, "-keyout", key, "-out", cert, ...signing, ...options]);
    return { cert: await readFile(cert, "utf8"), key: await readFile(key, "utf8") };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
