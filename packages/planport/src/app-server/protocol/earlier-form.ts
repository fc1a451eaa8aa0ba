/**
 * The form in which an early description of the protocol has a parent program's tokens: `{idToken, accessToken}`, account
 * and plan being read from the id token.
 * @module
 */
import { isJsonObject, tryParseJson } from "../../protocol/json.ts";

const AUTH_CLAIM = "https://api.openai.com/auth";

/** Tokens with the account and the plan that their id token names, where they do not say themselves. */
export function withAccountOfIdToken(given: unknown): unknown {
  if (!isJsonObject(given) || typeof given["idToken"] !== "string" || given["chatgptAccountId"] !== undefined)
    return given;
  const claims = authClaims(given["idToken"]);
  const account = claims["chatgpt_account_id"];
  const plan = given["chatgptPlanType"] ?? claims["chatgpt_plan_type"];
  return {
    ...given,
    ...(typeof account === "string" && { chatgptAccountId: account }),
    ...(typeof plan === "string" && { chatgptPlanType: plan }),
  };
}

function authClaims(token: string): Readonly<Record<string, unknown>> {
  const payload = tryParseJson(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
  const claims = isJsonObject(payload) ? payload[AUTH_CLAIM] : undefined;
  return isJsonObject(claims) ? claims : {};
}
