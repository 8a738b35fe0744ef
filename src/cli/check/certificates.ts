/** Certificates and keys named in whosaw.yaml: readable, whole, in time, and belonging together. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { DAY_MS } from "../../base/clock.ts";
import { WhosawError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import { type CheckFinding, fine, warning } from "./finding.ts";

export interface CertificateFiles {
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly ca: string | undefined;
}

/**
 * @param subject where they stand: `listen.tls`, `upstream`
 * @throws WhosawError FILE_UNREADABLE, CONFIG_INVALID for the first that is wrong
 */
export async function checkCertificates(
  subject: string,
  files: CertificateFiles,
  nowMs: number,
): Promise<readonly CheckFinding[]> {
  const findings: CheckFinding[] = [];
  if (files.cert !== undefined) {
    const certificate = await readCertificate(files.cert);
    findings.push(...checkTime(subject, certificate, files.cert, nowMs));
    if (files.key !== undefined && !certificate.checkPrivateKey(await readKey(files.key))) {
      throw new WhosawError(
        "CONFIG_INVALID",
        `The key ${basename(files.key)} does not belong to the certificate ${basename(files.cert)}.`,
        {
          hint: "Name the two files that were made together; in a chain the gateway's own certificate comes first.",
        },
      );
    }
  }
  if (files.ca !== undefined) findings.push(...checkTime(subject, await readCertificate(files.ca), files.ca, nowMs));
  return findings;
}

function checkTime(subject: string, certificate: X509Certificate, file: string, nowMs: number): CheckFinding[] {
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  if (nowMs > to || nowMs < from) {
    const when = nowMs > to ? `expired on ${day(to)}` : `is not valid before ${day(from)}`;
    throw new WhosawError("CONFIG_INVALID", `The certificate ${basename(file)} ${when}.`, {
      hint: nowMs > to ? "Renew it, and start the gateway again." : "Check this machine's clock.",
    });
  }
  if (to - nowMs < LIMITS.certificateExpiresSoonDays * DAY_MS)
    return [warning(subject, `The certificate ${basename(file)} expires on ${day(to)}.`, "Renew it.")];
  return [fine(subject, `The certificate ${basename(file)} is valid until ${day(to)}.`)];
}

function day(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

async function readCertificate(file: string): Promise<X509Certificate> {
  const pem = await readPem(file);
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new WhosawError("CONFIG_INVALID", `${basename(file)} is not a certificate in PEM form.`, {
      hint: "It begins with -----BEGIN CERTIFICATE-----.",
      cause,
    });
  }
}

async function readKey(file: string): Promise<KeyObject> {
  const pem = await readPem(file);
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new WhosawError(
      "CONFIG_INVALID",
      `${basename(file)} is not a private key in PEM form, or needs a passphrase.`,
      {
        hint: "It begins with -----BEGIN PRIVATE KEY-----; remove its passphrase with `openssl pkey`.",
        cause,
      },
    );
  }
}

async function readPem(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new WhosawError("FILE_UNREADABLE", `${basename(file)} cannot be read.`, {
      hint: `See that ${file} exists and that this user may read it.`,
      cause,
    });
  }
}
