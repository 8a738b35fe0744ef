import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { issueServer, makeAuthority } from "../../../test/rig/certs.ts";
import { checkCertificates, type CertificateFiles } from "./certificates.ts";

const DAY_MS = 86_400_000;
const NOW_MS = Date.now();
let folder: string;
let cert: string;
let key: string;
let otherKey: string;
let ca: string;
let text: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "whosaw-certificates-"));
  const file = async (name: string, content: string): Promise<string> => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const authority = await makeAuthority();
  const [server, other] = await Promise.all([issueServer(authority), issueServer(authority)]);
  cert = await file("server.pem", server.cert);
  key = await file("server-key.pem", server.key);
  otherKey = await file("other-key.pem", other.key);
  ca = await file("ca.pem", authority.cert);
  text = await file("notes.txt", "not a certificate");
});

afterAll(() => rm(folder, { recursive: true }));

function check(files: Partial<CertificateFiles>, nowMs = NOW_MS): ReturnType<typeof checkCertificates> {
  return checkCertificates("listen.tls", { cert: undefined, key: undefined, ca: undefined, ...files }, nowMs);
}

test("certificates of two days are valid, and expire soon", async () => {
  const findings = await check({ cert, key, ca });
  expect(findings.map(({ severity }) => severity)).toEqual(["warning", "warning"]);
  expect(findings[0]?.message).toMatch(/^The certificate server\.pem expires on \d{4}-\d\d-\d\d\.$/u);
  expect(await check({})).toEqual([]);
});

test.each([
  [
    "expired",
    (): Promise<unknown> => check({ cert, key }, NOW_MS + 3 * DAY_MS),
    /^The certificate server\.pem expired on /u,
  ],
  [
    "of the future",
    (): Promise<unknown> => check({ cert, key }, NOW_MS - 3 * DAY_MS),
    /^The certificate server\.pem is not valid before /u,
  ],
  [
    "with another's key",
    (): Promise<unknown> => check({ cert, key: otherKey }),
    /^The key other-key\.pem does not belong to the certificate server\.pem\.$/u,
  ],
  [
    "that is text",
    (): Promise<unknown> => check({ cert: text, key }),
    /^notes\.txt is not a certificate in PEM form\.$/u,
  ],
  [
    "with a key that is text",
    (): Promise<unknown> => check({ cert, key: text }),
    /^notes\.txt is not a private key in PEM form/u,
  ],
  [
    "that is not there",
    (): Promise<unknown> => check({ cert: join(folder, "gone.pem"), key }),
    /^gone\.pem cannot be read\.$/u,
  ],
  [
    "of an authority that is not there",
    (): Promise<unknown> => check({ ca: join(folder, "gone.pem") }),
    /^gone\.pem cannot be read\.$/u,
  ],
])("a certificate %s", async (_name, run, message) => {
  await expect(run()).rejects.toThrow(message);
});
