/**
 * `planport logout`: ends planport's own sign-in, that of a named account or, where that is asked for, Codex's.
 * @module
 */
import { type CredentialPlace, credentialPlaces, existingAccountFile, resolveAuthEndpoints } from "../../auth/index.ts";
import { type SignOutOutcome, signOut } from "../../auth/oauth/revoke.ts";
import { loadSettings } from "../../planport.ts";
import { createHttpClient } from "../../net/index.ts";
import { type CredentialStore, createFileStore } from "../../store/index.ts";
import { createIdentity } from "../../upstream/identity.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type BackendOptions, openLogger } from "../session.ts";
import { alone, openOwnStore } from "../sign-in/desk.ts";
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
    const file = await codexLogin(context);
    // Before anything is done: it is another program's.
    await out.line(`Signing out of the Codex CLI: ${file}`);
    logger.info("auth.signed_out", { ...(await end(createFileStore(file), context)), owner: "codex" });
  } else {
    // A slip of the hand must not look like success.
    if (account !== null) await existingAccountFile(account, context);
    const outcome = await end(openOwnStore(context, settings), context);
    logger.info("auth.signed_out", { ...outcome, owner: "planport" });
  }
  if (account === null) await tellWhatIsLeft(context);
  return EXIT.ok;
}

async function end(store: CredentialStore, context: CommandContext): Promise<SignOutOutcome> {
  const { terminal, env, signal } = context;
  const http = createHttpClient({ env });
  const spinner = startSpinner(terminal.err, "telling the sign-in server");
  try {
    const server = { http, endpoints: resolveAuthEndpoints(env), client: createIdentity({ env }), signal };
    // Nothing to end needs no lock, whose folder may not even be there.
    const outcome = (await holdsSomething(store.place))
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

type FilePlace = Extract<CredentialPlace, { readonly kind: "file" }>;

/** Where Codex's login may rest, the one in use first. */
function codexPlaces(context: CommandContext): readonly FilePlace[] {
  return credentialPlaces(context).filter(
    (place): place is FilePlace => place.kind === "file" && place.owner === "codex",
  );
}

/** The file that Codex's login is in; where there is none, the first one that it could be in. */
async function codexLogin(context: CommandContext): Promise<string> {
  const files = codexPlaces(context).map((place) => place.path);
  for (const file of files) if (await holdsSomething(file)) return file;
  return files[0] ?? "auth.json";
}

/** Other sign-ins still work, and whoever signed out should know. */
async function tellWhatIsLeft(context: CommandContext): Promise<void> {
  const { out } = context.terminal;
  for (const place of credentialPlaces(context)) {
    if (place.kind === "variable") {
      if ((context.env[place.name] ?? "").trim() !== "")
        await out.line(`$${place.name} is still set and is used; unset it to stop that.`);
    } else if (place.kind === "file" && (await holdsSomething(place.path))) {
      await out.line(
        place.owner === "codex"
          ? `The Codex login in ${place.path} is left alone and is used; planport logout --codex ends it, as codex logout does.`
          : `planport's own sign-in in ${place.path} is left alone; planport logout ends it.`,
      );
    }
  }
}

async function holdsSomething(file: string): Promise<boolean> {
  return createFileStore(file)
    .read()
    .then(
      (document) => document !== null,
      () => true, // Broken or unreadable, but there.
    );
}
