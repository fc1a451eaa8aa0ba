/**
 * The ways to sign in that opencode offers. All of them end in planport's own store, where the gateway and the command line have
 * it too: a refresh token is good for one use, and so for one place.
 * @module
 */
import { createPlanport, deviceLogin, login, ownStore, type PlanportOptions, Secret } from "planport";
import type { Authorization, SignedIn, SignInMethod } from "./types.ts";

/** What opencode keeps. It is no secret, and only says that there was a sign-in. */
const SIGNED_IN: SignedIn = { type: "success", key: "planport" };

/** Options of {@link signInMethods}. */
export interface SignInOptions extends Pick<PlanportOptions, "flags"> {
  /** Called when there is a new sign-in. */
  readonly onSignedIn: () => Promise<void>;
}

/** Browser, code on another device, access token. Each `callback` throws what went wrong, which opencode shows. */
export function signInMethods(options: SignInOptions): readonly SignInMethod[] {
  // One at a time: one that was left alone would keep the port that the browser comes back to.
  let abandon = async (): Promise<void> => {};
  const method = (label: string, begin: (signal: AbortSignal) => Promise<Begun>): SignInMethod => ({
    type: "oauth",
    label,
    authorize: async () => {
      await abandon();
      const ended = new AbortController();
      const { authorization, leave } = await begin(ended.signal);
      abandon = async () => {
        ended.abort();
        await leave();
      };
      return authorization;
    },
  });
  return [
    method("ChatGPT in the browser", (signal) => withBrowser(options, signal)),
    method("ChatGPT with a code on another device", (signal) => withDevice(options, signal)),
    method("Access token of a workspace (at-…)", async () => ({
      authorization: withAccessToken(options),
      leave: async () => {},
    })),
  ];
}

interface Begun {
  readonly authorization: Authorization;
  readonly leave: () => Promise<void>;
}

async function withBrowser(options: SignInOptions, signal: AbortSignal): Promise<Begun> {
  const steps = login({ ...ownStore(options), signal });
  const { value: step } = await steps.next();
  if (step === undefined || !("url" in step)) throw new Error("The sign-in did not begin.");
  return begun(steps, options, step.url, "Sign in there. This goes on by itself once you have.");
}

async function withDevice(options: SignInOptions, signal: AbortSignal): Promise<Begun> {
  const steps = deviceLogin({ ...ownStore(options), signal });
  const { value: step } = await steps.next();
  if (step === undefined || !("userCode" in step)) throw new Error("The sign-in did not begin.");
  return begun(steps, options, step.verificationUrl, `Type this code there: ${step.userCode}`);
}

function begun(
  steps: ReturnType<typeof login>,
  { onSignedIn }: SignInOptions,
  url: string,
  instructions: string,
): Begun {
  const callback = async (): Promise<SignedIn> => {
    while ((await steps.next()).done !== true);
    await onSignedIn();
    return SIGNED_IN;
  };
  return {
    authorization: { url, instructions, method: "auto", callback },
    // Closes its port, wherever it stands.
    leave: async () => void (await steps.next().catch(() => {})),
  };
}

function withAccessToken(options: SignInOptions): Authorization {
  return {
    url: "https://chatgpt.com/codex/settings",
    instructions: "Create an access token for Codex there, or take the one that you have.",
    method: "code",
    callback: async (text) => {
      const token = new Secret(text.trim());
      await assertGood(token, options);
      const [{ newPersonalAccessTokenDocument }, { replaceAlone }] = await Promise.all([
        import("planport/auth"),
        import("planport/store"),
      ]);
      await replaceAlone(ownStore(options).store, newPersonalAccessTokenDocument(token));
      await options.onSignedIn();
      return SIGNED_IN;
    },
  };
}

/**
 * Throws for a token that the backend does not take, or cannot be asked about: it is not to have the place of a sign-in that works.
 * The bearer alone says nothing: where `CODEX_ACCOUNT_ID` or the cache names the workspace, nobody is asked for it.
 */
async function assertGood(token: Secret, { flags }: SignInOptions): Promise<void> {
  const account = (flags?.account ?? process.env["PLANPORT_ACCOUNT"] ?? "").trim();
  // The workspace in the environment is that of planport's own sign-in, and of no named account's.
  const env = account === "" ? process.env : { ...process.env, CODEX_ACCOUNT_ID: undefined };
  const planport = await createPlanport({ flags, env, accessToken: token });
  try {
    const { error } = await planport.client.models();
    if (error !== null) throw error;
  } finally {
    await planport.close();
  }
}
