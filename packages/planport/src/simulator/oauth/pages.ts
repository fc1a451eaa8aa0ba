/**
 * The few pages a person sees at the sign-in server.
 * @module
 */
import type { SimulatedAccount } from "../accounts.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Makes text safe in HTML, also within quoted attributes. */
function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}

function shell(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 28rem; margin: 12vh auto; padding: 0 1rem; color-scheme: light dark }
button, select, input { font: inherit; padding: .4rem .8rem; margin: .25rem .5rem .25rem 0 }
small { opacity: .7 }
</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${body}
<p><small>This is planport's simulator. It is not OpenAI, and nothing here is a real account.</small></p>
</body>
</html>
`;
}

function accountPicker(accounts: readonly SimulatedAccount[]): string {
  const options = accounts.map(
    (account) =>
      `<option value="${escapeHtml(account.id)}">${escapeHtml(account.email)} (${escapeHtml(account.planType)})</option>`,
  );
  return `<p><label>Account <select name="account_id">${options.join("")}</select></label></p>`;
}

const BUTTONS = `<p><button name="decision" value="approve">Continue</button><button name="decision" value="deny">Cancel</button></p>`;

/** Asks whether to let a client sign in. */
export function authorizePage(requestId: string, clientId: string, accounts: readonly SimulatedAccount[]): string {
  return shell(
    "Sign in to the simulator",
    `<p><code>${escapeHtml(clientId)}</code> asks to use your simulated ChatGPT plan.</p>
<form method="post" action="/oauth/authorize">
<input type="hidden" name="request_id" value="${escapeHtml(requestId)}">
${accountPicker(accounts)}
${BUTTONS}
</form>`,
  );
}

/** Asks for a device code. */
export function devicePage(accounts: readonly SimulatedAccount[], userCode: string, note: string | null): string {
  return shell(
    "Sign in a device",
    `${note === null ? "" : `<p role="status">${escapeHtml(note)}</p>`}
<form method="post" action="/codex/device">
<p><label>Code shown by the device <input name="user_code" value="${escapeHtml(userCode)}" autocomplete="off" required></label></p>
${accountPicker(accounts)}
${BUTTONS}
</form>`,
  );
}

/** Says one thing. */
export function notePage(title: string, text: string): string {
  return shell(title, `<p>${escapeHtml(text)}</p>`);
}
