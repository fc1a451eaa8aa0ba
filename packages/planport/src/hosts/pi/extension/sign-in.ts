/**
 * Signing in from within pi, and renewing what pi keeps. Loaded when either is asked for.
 * @module
 */
import { deviceLogin } from "../../../auth/oauth/device-login.ts";
import { refreshTarget } from "../../../auth/endpoints.ts";
import { readJwtClaims } from "../../../auth/jwt-claims.ts";
import { createSendRefresh } from "../../../auth/refresh.ts";
import type { Environment } from "../../../environment.ts";
import { CredentialError, isPlanportError, retryOf, SignInError } from "../../../errors.ts";
import { asString } from "../../../protocol/json.ts";
import { Secret } from "../../../secret.ts";
import { expiryOf } from "../../expiry.ts";
import { openSignInServer, type SignInServer } from "../../server-options.ts";
import { loginEntry, loginToCodex } from "../login.ts";
import type { PiOAuthCredential } from "../credentials.ts";
import type { PiInteraction, PiStored } from "./host.ts";
import { piIdentity } from "./identity.ts";
import { type Renewal, renewOnce } from "./renewals.ts";

/** The words that pi passes over in silence: the person knows what they did. */
const CANCELLED = "Login cancelled";

/** A sign-in that is under way. */
export interface PiSignIn {
  /** As `/login` shows the provider. */
  readonly name: string;
  readonly env: Environment;
}

/**
 * Signs in with a browser or a device code, as the person chooses.
 * @returns What pi is to store.
 * @throws {SignInError} `sign_in_cancelled` in pi's own word for it; what `login()` and `deviceLogin()` throw.
 */
export async function signIn(interaction: PiInteraction, { name, env }: PiSignIn): Promise<PiStored> {
  try {
    const way = await interaction.prompt({
      type: "select",
      message: `Select ${name} login method:`,
      options: [
        { id: "browser", label: "Browser login (default)" },
        { id: "device", label: "Device code login (headless)" },
      ],
    });
    // Where pi asks with a list, leaving it is no choice.
    if (way === "") throw new SignInError("sign_in_cancelled", CANCELLED);
    const server = await serverOf(env);
    return await (way === "device" ? byDevice(interaction, server) : byBrowser(interaction, server));
  } catch (error) {
    const isCancelled = isPlanportError(error) && error.code === "sign_in_cancelled";
    if (isCancelled || interaction.signal?.aborted === true) throw new SignInError("sign_in_cancelled", CANCELLED);
    throw error;
  }
}

async function byBrowser(interaction: PiInteraction, server: SignInServer): Promise<PiStored> {
  let stored: PiOAuthCredential | null = null;
  const { signal } = interaction;
  await loginToCodex(
    {
      onAuth: ({ url, instructions }) => interaction.notify({ type: "auth_url", url, instructions }),
      onPrompt: ({ message, signal: over }) => interaction.prompt({ type: "manual_code", message, signal: over }),
      onProgress: (message) => interaction.notify({ type: "progress", message }),
      ...(signal !== undefined && { signal }),
    },
    {
      ...server,
      now: Date.now,
      promptAfterMs: 0,
      // pi stores what it is given back.
      save: async (entry) => {
        stored = entry;
      },
    },
  );
  if (stored === null) throw new SignInError("sign_in_failed", "The sign-in brought no tokens.");
  return stored;
}

async function byDevice(interaction: PiInteraction, server: SignInServer): Promise<PiStored> {
  const steps = deviceLogin({ ...server, signal: interaction.signal });
  for (;;) {
    const { done, value } = await steps.next();
    if (done === true) return loginEntry(value.document, Date.now());
    if (value.type === "device-code")
      interaction.notify({
        type: "device_code",
        userCode: value.userCode,
        verificationUri: value.verificationUrl,
        expiresInSeconds: Math.max(0, Math.round((value.expiresAtMs - Date.now()) / 1000)),
      });
    if (value.type === "exchanging")
      interaction.notify({ type: "progress", message: "Exchanging the code for tokens…" });
  }
}

/**
 * Renews a login; pi holds its lock and looks again before it asks for this. Once a token is on its way, pi's signal ends
 * nothing any more: the answer is kept for the next time that pi asks with the same token.
 * @throws {CredentialError} `refresh_rejected` (sign in again), `refresh_unavailable`, `credential_malformed`; pi keeps what it has.
 */
export async function renewLogin(
  credential: PiStored,
  { name, env }: PiSignIn,
  signal?: AbortSignal,
): Promise<PiStored> {
  const place = `pi's login to ${name}`;
  const refresh = asString(credential.refresh);
  if (refresh === undefined || refresh === "")
    throw new CredentialError("credential_malformed", `There is no refresh token in ${place}. Log in again: /login`);
  signal?.throwIfAborted();
  const spend = async (token: Secret): Promise<Renewal> => {
    const { http, endpoints, client } = await serverOf(env);
    const provenance = {
      issuer: asString(credential["issuer"]) ?? null,
      clientId: asString(credential["clientId"]) ?? null,
    };
    const target = refreshTarget(endpoints, provenance, place);
    const tokens = await createSendRefresh(http, client)(target, token, "proactive_expiry", place);
    return { tokens, expiresAtMs: expiryOf(tokens, Date.now()) };
  };
  try {
    return renewed(credential, await renewOnce(new Secret(refresh), spend));
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    const text = error.message.replace(/Run `planport login`\.$/, "Log in again: /login");
    throw new CredentialError(error.code, text, { ...retryOf(error), cause: error.cause });
  }
}

function renewed(credential: PiStored, { tokens, expiresAtMs }: Renewal): PiStored {
  const access = tokens.accessToken?.reveal();
  if (access === undefined)
    throw new CredentialError("refresh_unavailable", "The sign-in server's answer held no access token.");
  const accountId = credential.accountId ?? readJwtClaims(access)?.accountId ?? undefined;
  return {
    ...credential,
    type: "oauth",
    access,
    ...(tokens.refreshToken !== null && { refresh: tokens.refreshToken.reveal() }),
    expires: expiresAtMs,
    ...(accountId !== undefined && { accountId }),
  };
}

function serverOf(env: Environment): Promise<SignInServer> {
  return openSignInServer({ env, client: piIdentity(env) });
}
