/**
 * Which certificate authorities planport trusts.
 * @module
 */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import * as tls from "node:tls";
import { ConfigError } from "../errors.ts";
import type { Env } from "./proxy.ts";

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** The environment variables that name a PEM file of extra authorities; the first that is set counts, as in Codex. */
const CA_VARIABLES = ["CODEX_CA_CERTIFICATE", "SSL_CERT_FILE"] as const;

/**
 * The trust that `CODEX_CA_CERTIFICATE`, else `SSL_CERT_FILE`, asks for: the default roots and those of the file. Null
 * when neither is set, so that Node's own defaults hold. Parsing the roots takes milliseconds, so it is done once here
 * and not once per connection.
 * @throws {ConfigError} `config_invalid` naming variable and path when the file cannot be read or holds no certificate.
 */
export function createTrust(env: Env): tls.SecureContext | null {
  for (const name of CA_VARIABLES) {
    const path = env[name];
    if (path === undefined || path === "") continue;
    return tls.createSecureContext({ ca: [...defaultRoots(env), ...readCertificates(name, path)] });
  }
  return null;
}

function readCertificates(name: string, path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? "unreadable";
    throw new ConfigError("config_invalid", `${name} names ${path}, which cannot be read (${reason}).`, {
      cause: error,
    });
  }
  const certificates = text.match(PEM_CERTIFICATE) ?? [];
  if (certificates.length === 0)
    throw new ConfigError("config_invalid", `${name} names ${path}, which holds no PEM certificate.`);
  certificates.forEach((certificate, index) => {
    try {
      // A damaged certificate would be skipped without a word and show up later as "self-signed certificate".
      void new X509Certificate(certificate);
    } catch (error) {
      throw new ConfigError(
        "config_invalid",
        `${name} names ${path}, whose certificate ${index + 1} is damaged and cannot be read.`,
        { cause: error },
      );
    }
  });
  return certificates;
}

/** What Node would trust if no `ca` were given. */
function defaultRoots(env: Env): readonly string[] {
  // Node 22.15 and later say it themselves, NODE_EXTRA_CA_CERTS and --use-system-ca included.
  const ask = (tls as { getCACertificates?: (type: "default") => string[] }).getCACertificates;
  if (ask !== undefined) return ask("default");
  const extra = env["NODE_EXTRA_CA_CERTS"];
  if (extra === undefined || extra === "") return tls.rootCertificates;
  try {
    return [...tls.rootCertificates, ...(readFileSync(extra, "utf8").match(PEM_CERTIFICATE) ?? [])];
  } catch {
    return tls.rootCertificates; // Node itself goes on with a warning when this file cannot be read.
  }
}
