/**
 * How the extension names itself.
 * @module
 */
import type { Environment } from "../../../environment.ts";
import { VERSION } from "../../../version.ts";
import { type ClientIdentity, createIdentity } from "../../../upstream/identity.ts";

/** pi, by way of planport; the environment can set other names, as everywhere. */
export function piIdentity(env: Environment): ClientIdentity {
  const isSet = [env["PLANPORT_ORIGINATOR"], env["CODEX_INTERNAL_ORIGINATOR_OVERRIDE"]].some(Boolean);
  const hasAgent = Boolean(env["PLANPORT_USER_AGENT"]);
  return createIdentity({
    env,
    ...(!isSet && { originator: "pi" }),
    ...(!hasAgent && {
      userAgent: `pi-planport/${VERSION} (${process.platform}; ${process.arch}) node/${process.versions.node}`,
    }),
  });
}
