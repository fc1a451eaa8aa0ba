/**
 * `planport login` for a person at a terminal: who is signed in, and what can be done about it.
 * @module
 */
import { DEVICE_CODE_SETTING } from "../../auth/oauth/device-code.ts";
import { placeLabel } from "../../auth/index.ts";
import { openBrowser } from "../../auth/oauth/open-browser.ts";
import type { LoginStep } from "../../auth/oauth/sign-in.ts";
import { isPlanportError, toPlanportError } from "../../errors.ts";
import { openOwnStore } from "../../hosts/own-store.ts";
import { loadSettings, type PlanportDescription } from "../../planport.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { KIND_NAMES } from "../explain.ts";
import { messageOf } from "../failure.ts";
import { formatTime } from "../format.ts";
import { storeHoldsSomething } from "../places.ts";
import { runScreen, type ScreenFace, type ScreenTasks } from "../screen/run.ts";
import type { SignedIn, Told, Way } from "../screen/state.ts";
import { processTty, type Tty } from "../screen/tty.ts";
import { type BackendOptions, withSession } from "../session.ts";
import { type Face, withPerson } from "../sign-in/person.ts";
import { atDesk, DEFAULT_TIMEOUT_MS } from "./login.ts";
import { logout } from "./logout.ts";

/** Runs the screen. `tty` is the process's own, but in tests. */
export async function loginScreen(
  context: CommandContext,
  options: BackendOptions,
  tty: Tty = processTty(context, process.stdout),
): Promise<ExitCode> {
  const tasks: ScreenTasks = {
    look: () => look(context, options),
    signIn: (way, face, leave) => signIn(context, options, way, face, leave),
    signOut: async () => void (await logout(context, options)),
    messageOf: (error) => messageOf(toPlanportError(error)),
  };
  const end = await runScreen(tty, tasks, context.terminal.out.style, context.signal);
  if (end === "interrupted") return EXIT.interrupted;
  if (end !== "closed") return EXIT.ok;
  // Closing it is no failure; a script that goes on from here must still know that nobody is signed in.
  return (await look(context, options)).who === null ? EXIT.signInNeeded : EXIT.ok;
}

/** Asks no server: what is stored is shown. */
async function look(
  context: CommandContext,
  options: BackendOptions,
): Promise<{ who: SignedIn | null; problem: string | null }> {
  const own = await storeHoldsSomething(openOwnStore(context, loadSettings({ ...context, flags: options })));
  try {
    const who = await withSession(context, options, async (session) => session.describe());
    return {
      who: shown(who, own),
      problem: null,
    };
  } catch (error) {
    if (context.signal.aborted || !isPlanportError(error) || error.code === "config_invalid") throw error;
    return { who: null, problem: error.code === "credential_missing" ? null : messageOf(error) };
  }
}

function shown(who: PlanportDescription, own: boolean): SignedIn {
  const nowMs = Date.now();
  const until = who.expiresAtMs === null ? null : formatTime(who.expiresAtMs, nowMs);
  const renewal = who.renewable ? ", renewed by itself" : "";
  return {
    name: who.email ?? who.accountId ?? KIND_NAMES[who.kind],
    plan: who.planType,
    workspace: who.accountId,
    until: until === null ? null : `${(who.expiresAtMs ?? 0) <= nowMs ? "expired" : "expires"} ${until}${renewal}`,
    place: who.place === null ? null : placeLabel(who.place),
    own,
  };
}

async function signIn(
  context: CommandContext,
  options: BackendOptions,
  way: Way,
  screen: ScreenFace,
  leave: () => void,
): Promise<void> {
  const face: Face = {
    lines: () => screen.lines,
    warn: screen.warn,
    signal: screen.signal,
    async show(step) {
      if (step.type === "rejected") screen.warn(step.error.message);
      const told = await toldOf(step, way, context);
      if (told !== null) screen.tell(told);
    },
  };
  const how = { browser: way === "browser", deviceAuth: way === "device", timeoutMs: DEFAULT_TIMEOUT_MS };
  await atDesk(context, options, (desk) => withPerson(desk, how, face), leave);
}

/** What a step is told as; null for those that say nothing. */
async function toldOf(step: LoginStep, way: Way, { platform, env }: CommandContext): Promise<readonly Told[] | null> {
  if (step.type === "exchanging") return [{ text: "Signing in …" }];
  if (step.type === "device-code")
    return [
      { text: "On any device, open" },
      { text: step.verificationUrl, verbatim: true },
      { text: "and type this code:" },
      { text: step.userCode, verbatim: true },
      { text: `It is good until ${formatTime(step.expiresAtMs, Date.now())}. Never give it to anybody.` },
      { text: `Should the page ask to have device codes enabled: ${DEVICE_CODE_SETTING}.` },
    ];
  if (step.type !== "open-url") return null;
  const opened = way === "browser" && step.port !== null && (await openBrowser(step.url, platform, env));
  return [
    { text: opened ? "Your browser should show OpenAI's sign-in page. If not, open:" : "To sign in, open:" },
    { text: step.url, verbatim: true },
    {
      text:
        step.port === null
          ? "The browser will end on a page that cannot be loaded. Paste that page's whole address here:"
          : "Should the browser end on a page that cannot be loaded, paste that page's whole address here.",
    },
  ];
}
