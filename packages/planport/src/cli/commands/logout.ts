/**
 * `planport logout`: ends planport's own sign-in, that of a named account or, where that is asked for, Codex's.
 * @module
 */
import {
  type CredentialPlace,
  type StoredPlace,
  credentialPlaces,
  existingAccountFile,
  isStored,
  openPlace,
  placeLabel,
  resolveAuthEndpoints,
} from "../../auth/index.ts";
import { type SignOutOutcome, signOut } from "../../auth/oauth/revoke.ts";
import type { Settings } from "../../config/index.ts";
import { CredentialError } from "../../errors.ts";
import { loadSettings, storesOf } from "../../planport.ts";
import { openOwnStore } from "../../hosts/own-store.ts";
import { createHttpClient } from "../../net/index.ts";
import type { CredentialStore } from "../../store/index.ts";
import { createIdentity } from "../../upstream/identity.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type BackendOptions, openLogger } from "../session.ts";
import { alone, holdsSomething, searchedPlaces, storeHoldsSomething } from "../places.ts";
import { startSpinner } from "../terminal.ts";

/** Options of {@link logout}. */
export interface LogoutOptions extends BackendOptions {
  /** End the Codex CLI's login, and not planport's own sign-in. */
  readonly codex?: boolean;
}

/** Runs the command. */
export async function logout(context: CommandContext, options: LogoutOptions): Promise<ExitCode> {
  const { out } = context.terminal;
  const logger = openLogger(context, options);
  const settings = loadSettings({ ...context, flags: options });
  const account = settings.account.value;
  if (options.codex === true) {
    const place = await codexLogin(context, settings);
    // Before anything is done: it is another program's.
    await out.line(`Signing out of the Codex CLI: ${placeLabel(place)}`);
    logger.info("auth.signed_out", { ...(await end(openPlace(place), context)), owner: "codex" });
  } else {
    // A slip of the hand must not look like success.
    if (account !== null) await existingAccountFile(account, context);
    const outcome = await end(openOwnStore(context, settings), context);
    logger.info("auth.signed_out", { ...outcome, owner: "planport" });
  }
  if (account === null) await tellWhatIsLeft(context, settings);
  return EXIT.ok;
}

async function end(store: CredentialStore, context: CommandContext): Promise<SignOutOutcome> {
  const { terminal, env, signal } = context;
  const http = createHttpClient({ env });
  const spinner = startSpinner(terminal.err, "telling the sign-in server");
  try {
    const server = { http, endpoints: resolveAuthEndpoints(env), client: createIdentity({ env }), signal };
    // Nothing to end needs no lock, whose folder may not even be there.
    const outcome = (await storeHoldsSomething(store))
      ? await alone(store, signal, () => signOut(store, server))
      : await signOut(store, server);
    spinner.stop();
    if (!outcome.removed) await terminal.out.line(`There was no sign-in in ${store.place}.`);
    else await terminal.out.line(`${terminal.out.style.green("Signed out.")} ${store.place} is removed.`);
    if (outcome.removed && outcome.revoked === "failed")
      await terminal.err.line(
        "planport: the sign-in server could not be told; the tokens end there by themselves, or by signing out of all devices.",
      );
    return outcome;
  } finally {
    spinner.stop();
    await http.close();
  }
}

/** Where Codex's login is, the one in use first; where there is none, the first place that it could be in. */
async function codexLogin(context: CommandContext, settings: Settings): Promise<StoredPlace> {
  // Whatever account of planport's own is named: it is not the Codex CLI's.
  const places = credentialPlaces({ ...context, ...storesOf(settings) })
    .filter(isStored)
    .filter(isCodex);
  for (const place of places) if (await holdsSomething(place)) return place;
  const [first] = places;
  if (first !== undefined) return first;
  throw new CredentialError(
    "credential_unsupported",
    "Codex is set to keep its login in its memory (cli_auth_credentials_store), where nobody else can end it: run `codex logout`.",
  );
}

function isCodex(place: CredentialPlace): boolean {
  return "owner" in place && place.owner === "codex";
}

/** Other sign-ins still work, and whoever signed out should know. */
async function tellWhatIsLeft(context: CommandContext, settings: Settings): Promise<void> {
  const { out } = context.terminal;
  for (const place of searchedPlaces(context, settings)) {
    if (place.kind === "variable" || place.kind === "command") {
      const value = (context.env[place.name] ?? "").trim();
      // A made-up key is there for clients of a gateway.
      if (value !== "" && (place.name !== "OPENAI_API_KEY" || value.startsWith("sk-")))
        await out.line(`$${place.name} is still set and is used; unset it to stop that.`);
    } else if (await holdsSomething(place)) {
      const where = placeLabel(place);
      await out.line(
        isCodex(place)
          ? `The Codex login in ${where} is left alone and is used; planport logout --codex ends it, as codex logout does.`
          : `planport's own sign-in in ${where} is left alone; planport logout ends it.`,
      );
    }
  }
}
