/**
 * One sentence for each error code: when it happens, and what helps.
 * @module
 */

/** @type {Record<string, string>} */
export const meanings = {
  credential_missing: "Nobody is signed in and no token was given. Run `planport login`.",
  credential_malformed: "A credential was found, but it is not of a form that can be used.",
  credential_unreadable: "The file that holds the credential is there but cannot be read, by rights or by content.",
  credential_unsupported: "The credential is of a kind that this version cannot use.",
  credential_rejected: "The backend refused the credential, and no other was to be had.",
  credential_wrong_route: "A plan's token was meant for the plain OpenAI API, or an API key for the Codex backend.",
  refresh_rejected:
    "The sign-in has ended: its refresh token is expired, used or revoked. Run `planport login`. (For pi's login, “Failed to refresh OAuth token”: `/login` in pi.)",
  refresh_interrupted:
    "A refresh was cut off after the server had renewed the tokens and before they arrived. Run `planport login`.",
  refresh_unavailable: "The sign-in server could not be reached or failed; the sign-in itself may well be in order.",
  workspace_forbidden: "The account belongs to a workspace that the configuration does not allow.",
  access_denied: "The backend knows the account and does not let it do this.",
  keyring_unavailable: "The system's keyring was to be used, and there is none to speak to.",
  store_write_failed: "A credential could not be written to disk.",

  sign_in_failed: "The sign-in server refused, or answered something that cannot be understood.",
  sign_in_cancelled: "The sign-in was called off, by the person or by the program.",
  sign_in_timeout: "Nobody finished the sign-in in time.",
  sign_in_port_in_use:
    "“Port 1455 already in use”: the browser could not return. Close that program, paste the address, or sign in with a code.",
  sign_in_state_mismatch: "The browser came back with an answer to another sign-in than this one.",
  sign_in_unavailable: "The sign-in server could not be reached or failed.",
  oauth_provider_unknown:
    "“Unknown OAuth provider”: planport signs in to `openai-codex` alone. For others, log in with pi itself.",

  usage_limit_reached:
    "The plan's usage limit is reached. `cause.resetsAtMs` says when it resets, if the backend told.",
  usage_not_included: "The plan does not include this use.",
  quota_exceeded: "The account's quota is used up.",
  rate_limited: "Too many requests at once. `retryAfterMs` says how long to wait, if the backend told.",
  upstream_invalid_request: "The backend found fault with the request.",
  upstream_timeout: "The answer took longer than the call's time limit (`PLANPORT_TIMEOUT`, `timeoutMs`).",
  context_length_exceeded: "The input is longer than the model can take.",
  content_refused: "The backend refused the content on policy grounds.",
  model_not_found: "The backend does not know the model, or the plan does not include it.",
  upstream_overloaded: "The backend has more to do than it can.",
  upstream_failed: "The backend failed on its side.",
  upstream_refused: "The backend refused in a way that no other code describes.",
  upstream_unreachable: "No connection to the backend. `cause.systemCode` has the system's reason.",
  upstream_challenged: "An edge in front of the backend asked for a browser check instead of answering.",
  upstream_malformed: "The backend's answer could not be understood.",
  stream_interrupted: "The stream was cut off before its end.",
  stream_idle: "The stream stayed silent for longer than the idle limit.",
  routing_failed: "The account's backend could not be found out.",
  app_server_refused:
    "An app-server that this program embeds answered a request with an error; its words are in the message, its code in `cause.upstreamCode`.",
  app_server_gone: "An app-server that this program embeds could not be started, ended, or did not answer in time.",

  request_malformed: "The body is not JSON, or not a JSON object.",
  request_invalid: "A field is missing, of the wrong type, or out of range. `param` names it.",
  body_too_large: "The body is larger than the gateway's limit.",
  content_type_unsupported: "The body's type or encoding is not one that the gateway reads.",
  host_forbidden: "The `Host` header names another host than the gateway's own.",
  origin_forbidden: "The request comes from a web page that is not allowed to call the gateway.",
  gateway_key_invalid: "The gateway asks for its key, and the request has none or another.",
  previous_response_not_found: "The response that `previous_response_id` names is not kept here, or not any more.",
  not_found: "There is no such path, or no such object.",
  method_not_allowed: "The path is right, the method is not.",
  not_supported: "The request asks for something that planport does not offer.",
  cancelled: "The caller called the request off.",

  config_invalid: "A flag, an environment variable or a configuration file holds something that cannot be used.",
  port_in_use: "The port to listen on is taken by another program.",
  listen_refused: "The gateway would listen where it must not, or the system did not let it.",
  internal: "A fault in planport. The log has the details.",
};
