/**
 * Signing in with what comes in on standard input: an access token, or an API key.
 * @module
 */
import {
  apiKeyCredential,
  createPersonalAccessTokenSource,
  newApiKeyDocument,
  newPersonalAccessTokenDocument,
  personalAccessTokenCredential,
} from "../../auth/index.ts";
import { CredentialError, RequestError } from "../../errors.ts";
import { assertAllowed } from "../../planport.ts";
import { Secret } from "../../secret.ts";
import { readAll } from "../input.ts";
import { startSpinner } from "../terminal.ts";
import { type Desk, nameOf } from "./desk.ts";

const PLACE = "standard input";

/** Signs in with an access token (`at-…`), once its server has said whose it is. Gives the name to greet. */
export async function withAccessToken(desk: Desk): Promise<string> {
  const { context, settings, http, client, endpoints } = desk;
  const token = await readSecret(desk, {
    what: "access token",
    example: "printenv CODEX_ACCESS_TOKEN | planport login --with-access-token",
  });
  if (token.reveal().startsWith("sk-"))
    throw new CredentialError(
      "credential_unsupported",
      "Standard input holds an OpenAI API key (sk-…), which is no access token: it is good for the OpenAI Platform, not " +
        "for a ChatGPT plan. To sign in with it, use `planport login --with-api-key`.",
    );
  const credential = personalAccessTokenCredential(token, PLACE);
  const source = createPersonalAccessTokenSource({
    credential,
    place: PLACE,
    http,
    whoamiUrl: endpoints.whoamiUrl,
    client,
  });
  const spinner = startSpinner(context.terminal.err, "asking whose token it is");
  const grant = await source.get({ signal: context.signal }).finally(spinner.stop);
  assertAllowed(grant, settings);
  await desk.save(newPersonalAccessTokenDocument(token));
  return nameOf(grant);
}

/** Keeps an API key (`sk-…`). No server is asked: the key shows what it is worth at the first call. */
export async function withApiKey(desk: Desk): Promise<string> {
  const key = await readSecret(desk, {
    what: "API key",
    example: "printenv OPENAI_API_KEY | planport login --with-api-key",
  });
  const credential = apiKeyCredential(key, PLACE);
  await desk.save(newApiKeyDocument(credential.key));
  return "the owner of an OpenAI API key, which is billed by use and not part of a ChatGPT plan";
}

async function readSecret(
  { context }: Desk,
  { what, example }: { readonly what: string; readonly example: string },
): Promise<Secret> {
  if (context.stdin.isTTY)
    throw new RequestError("request_invalid", `Pipe the ${what} in, so that it does not show: ${example}`);
  const text = (await readAll(context)).trim();
  if (text === "") throw new RequestError("request_invalid", `Standard input holds no ${what}: ${example}`);
  return new Secret(text);
}
