/**
 * Which of OpenAI's two doors a host is: the plain API, for API keys, or ChatGPT, for plans.
 * @module
 */

/** True for api.openai.com and what lies under it. `hostname` is that of a URL, so in lower case. */
export function isPlatformHost(hostname: string): boolean {
  return isHostOrUnder(hostname, "api.openai.com");
}

/** True for the hosts of ChatGPT and what lies under them. */
export function isChatGptHost(hostname: string): boolean {
  return isHostOrUnder(hostname, "chatgpt.com") || isHostOrUnder(hostname, "chat.openai.com");
}

/** A root dot names the same host. */
function isHostOrUnder(hostname: string, parent: string): boolean {
  const host = hostname.replace(/\.$/, "");
  return host === parent || host.endsWith(`.${parent}`);
}
