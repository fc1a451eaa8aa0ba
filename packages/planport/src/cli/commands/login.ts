/**
 * `planport login`: with a browser, with a device code, with an access token, or with an API key.
 * @module
 */
import { resolveAuthEndpoints } from "../../auth/index.ts";
import { revokeDocument } from "../../auth/oauth/revoke.ts";
import { CredentialError, isPlanportError } from "../../errors.ts";
import { openOwnStore } from "../../hosts/own-store.ts";
import { createHttpClient } from "../../net/index.ts";
import { loadSettings } from "../../planport.ts";
import { type CredentialDocument, type CredentialStore, replaceAlone } from "../../store/index.ts";
import { createIdentity } from "../../upstream/identity.ts";
import type { CommandContext } from "../context.ts";
import { parseDuration } from "../duration.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type BackendOptions, assertLoginMethod } from "../session.ts";
import type { Desk } from "../sign-in/desk.ts";
import { withPerson } from "../sign-in/person.ts";
import { withAccessToken, withApiKey } from "../sign-in/piped.ts";

/** Options of {@link login}. */
export interface LoginOptions extends BackendOptions {
  /** False with `--no-browser`. */
  readonly browser: boolean;
  readonly deviceAuth?: boolean;
  readonly withAccessToken?: boolean;
  readonly withApiKey?: boolean;
  /** Such as `90s` or `10m`. */
  readonly timeout?: string;
}

/** How long a person has to sign in, unless told otherwise; a device code is good for no longer. */
export const DEFAULT_TIMEOUT_MS: number = 15 * 60_000;

/** Runs the command. */
export async function login(context: CommandContext, options: LoginOptions): Promise<ExitCode> {
  if (wantsScreen(context, options)) return (await import("./login-screen.ts")).loginScreen(context, options);
  const timeoutMs = options.timeout === undefined ? DEFAULT_TIMEOUT_MS : parseDuration("--timeout", options.timeout);
  await atDesk(context, options, (desk) => signIn(desk, options, timeoutMs));
  return EXIT.ok;
}

/** The screen is for a person at a terminal who has not said already how to sign in. */
function wantsScreen({ stdin, terminal, env }: CommandContext, options: LoginOptions): boolean {
  const { browser, ...others } = options;
  const hasFlags = !browser || Object.values(others).some((value) => value !== undefined);
  return !hasFlags && stdin.isTTY && terminal.out.isTty && env["TERM"] !== "dumb";
}

/**
 * Signs in by `work`, which gives the name to greet; puts the new sign-in in the place of the old one, which ends at the server.
 * `beforeGreeting` is done in between.
 */
export async function atDesk(
  context: CommandContext,
  options: BackendOptions & Pick<LoginOptions, "withApiKey">,
  work: (desk: Desk) => Promise<string>,
  beforeGreeting: () => void = () => {},
): Promise<void> {
  const settings = loadSettings({ ...context, flags: options });
  assertLoginMethod(options.withApiKey === true ? "api" : "chatgpt", settings);
  const http = createHttpClient({ env: context.env });
  const store = openOwnStore(context, settings);
  let previous: CredentialDocument | null = null;
  const desk: Desk = {
    context,
    settings,
    http,
    store,
    endpoints: resolveAuthEndpoints(context.env),
    client: createIdentity({ env: context.env }),
    async save(document) {
      previous = await replaceAlone(store, document, context.signal);
    },
  };
  try {
    await assertKeyring(store);
    const name = await work(desk);
    beforeGreeting();
    await congratulate(desk, name);
    if (previous !== null) await revokeDocument(previous, { ...desk, signal: context.signal });
  } finally {
    await http.close();
  }
}

/** A keyring that is out of reach is told before anybody goes to a sign-in page for nothing. */
async function assertKeyring(store: CredentialStore): Promise<void> {
  try {
    await store.read();
  } catch (error) {
    // Whatever else is wrong there is about to be replaced.
    if (!isPlanportError(error) || error.code !== "keyring_unavailable") return;
    throw new CredentialError(
      "keyring_unavailable",
      `${error.message} PLANPORT_CREDENTIALS_STORE is set to keep planport's sign-in there: set it to \`file\` or \`auto\`, ` +
        "and run `planport login` again.",
      { cause: error.cause },
    );
  }
}

async function signIn(desk: Desk, options: LoginOptions, timeoutMs: number): Promise<string> {
  if (options.withAccessToken === true) return withAccessToken(desk);
  if (options.withApiKey === true) return withApiKey(desk);
  return withPerson(desk, { browser: options.browser, deviceAuth: options.deviceAuth === true, timeoutMs });
}

async function congratulate({ context, settings, store }: Desk, name: string): Promise<void> {
  const { out, err } = context.terminal;
  await out.line(`${out.style.green("Signed in")} as ${out.style.bold(name)}. Kept in ${store.place}.`);
  const { value: account, origin } = settings.account;
  if (account !== null) {
    if (origin.kind === "flag")
      await out.line(out.style.dim(`Use it with --account ${account}, or with PLANPORT_ACCOUNT=${account}.`));
    return; // A named account comes before everything in the environment.
  }
  const winner = ["CODEX_ACCESS_TOKEN", "CODEX_PAT", "PLANPORT_TOKEN_COMMAND"].find(
    (variable) => (context.env[variable] ?? "").trim() !== "",
  );
  if (winner !== undefined)
    await err.line(
      err.style.yellow(`planport: ${winner} is set and goes before this sign-in; unset it to use this one.`),
    );
}
