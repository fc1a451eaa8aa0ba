/**
 * `planport logout`: ends planport's own sign-in.
 * @module
 */
import { credentialPlaces, planportAuthFile, resolveAuthEndpoints } from "../../auth/index.ts";
import { signOut } from "../../auth/oauth/revoke.ts";
import { createHttpClient } from "../../net/index.ts";
import { createFileStore } from "../../store/index.ts";
import { createIdentity } from "../../upstream/identity.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type BackendOptions, openLogger } from "../session.ts";
import { startSpinner } from "../terminal.ts";

/** Runs the command. */
export async function logout(context: CommandContext, options: BackendOptions): Promise<ExitCode> {
  const { terminal, env, signal } = context;
  const logger = openLogger(context, options);
  const store = createFileStore(planportAuthFile(context));
  const http = createHttpClient({ env });
  const spinner = startSpinner(terminal.err, "telling the sign-in server");
  try {
    const outcome = await signOut(store, {
      http,
      endpoints: resolveAuthEndpoints(env),
      client: createIdentity({ env }),
      signal,
    });
    spinner.stop();
    logger.info("auth.signed_out", { ...outcome });
    if (!outcome.removed) await terminal.out.line(`There was no sign-in in ${store.place}.`);
    else {
      await terminal.out.line(`${terminal.out.style.green("Signed out.")} ${store.place} is removed.`);
      if (outcome.revoked === "failed")
        await terminal.err.line(
          "planport: the sign-in server could not be told; the tokens end there by themselves, or by signing out of all devices.",
        );
    }
    await tellWhatIsLeft(context);
    return EXIT.ok;
  } finally {
    spinner.stop();
    await http.close();
  }
}

/** Other sign-ins still work, and whoever signed out should know. */
async function tellWhatIsLeft(context: CommandContext): Promise<void> {
  const { out } = context.terminal;
  for (const place of credentialPlaces(context)) {
    if (place.kind === "variable") {
      if ((context.env[place.name] ?? "").trim() !== "")
        await out.line(`$${place.name} is still set and is used; unset it to stop that.`);
    } else if (place.owner === "codex" && (await holdsSomething(place.path))) {
      await out.line(`The Codex login in ${place.path} is left alone and is used; codex logout ends it.`);
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
