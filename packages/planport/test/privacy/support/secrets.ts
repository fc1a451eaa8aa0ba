/** Secrets that mean nothing, in the shapes of real ones. All parts are random, so that finding one is never a coincidence. */
import { randomBytes } from "node:crypto";

/** A secret and what it is called in a finding. */
export interface NamedSecret {
  readonly name: string;
  readonly value: string;
}

/** Random letters and digits, so many. */
export function noise(chars: number): string {
  return randomBytes(chars * 2)
    .toString("base64")
    .replaceAll(/[^A-Za-z0-9]/g, "")
    .slice(0, chars);
}

/** A token whose every part begins with something random: also a first piece of it tells that it was this one. */
export function syntheticJwt(claims: Record<string, unknown> = {}): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return [
    part({ kid: noise(16), alg: "RS256", typ: "JWT" }),
    part({ jti: noise(24), ...claims }),
    randomBytes(64).toString("base64url"),
  ].join(".");
}

/** A claim set that planport takes for an access token of `accountId`. */
export function accessClaims(accountId: string, expiresAtMs: number): Record<string, unknown> {
  return {
    exp: Math.floor(expiresAtMs / 1000),
    "https://api.openai.com/auth": { chatgpt_account_id: accountId, chatgpt_plan_type: "pro" },
  };
}

/** One secret of each kind. */
export interface SecretSet {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly idToken: string;
  readonly personalAccessToken: string;
  readonly apiKey: string;
  readonly gatewayKey: string;
  readonly authorizationCode: string;
  readonly codeVerifier: string;
  readonly deviceAuthId: string;
  readonly state: string;
  readonly prompt: string;
}

/** A fresh set. */
export function syntheticSecrets(accountId = "acct-synthetic"): SecretSet {
  const claims = accessClaims(accountId, Date.now() + 3_600_000);
  return {
    accessToken: syntheticJwt(claims),
    refreshToken: `rt_${noise(40)}.${noise(20)}`,
    idToken: syntheticJwt({ email: "person@example.com", ...claims }),
    personalAccessToken: `at-${noise(40)}`,
    apiKey: `sk-proj-${noise(48)}`,
    gatewayKey: `gw ${noise(12)}/"${noise(12)}`.replace(" ", "-"),
    authorizationCode: `ac_${noise(43)}`,
    codeVerifier: randomBytes(64).toString("base64url"),
    deviceAuthId: `deviceauth_${noise(24)}`,
    state: randomBytes(32).toString("base64url"),
    prompt: `private-${noise(24)} words`,
  };
}

/** As a list. */
export function listed(secrets: Readonly<Partial<SecretSet>>): NamedSecret[] {
  return Object.entries(secrets).map(([name, value]) => ({ name, value }));
}

/** Those with a shape of their own: what a redactor can know without being told. */
export function shaped(secrets: SecretSet): NamedSecret[] {
  const { accessToken, refreshToken, idToken, personalAccessToken, apiKey, authorizationCode } = secrets;
  return listed({ accessToken, refreshToken, idToken, personalAccessToken, apiKey, authorizationCode });
}
