/**
 * Signing in with a person at a browser, here or on another device.
 * @module
 */
import { CALLBACK_PORTS } from "../../auth/oauth/callback-server.ts";
import { DEVICE_CODE_SETTING } from "../../auth/oauth/device-code.ts";
import { deviceLogin } from "../../auth/oauth/device-login.ts";
import { login as browserLogin } from "../../auth/oauth/login.ts";
import { openBrowser } from "../../auth/oauth/open-browser.ts";
import type { CommonLoginOptions, LoginStep } from "../../auth/oauth/sign-in.ts";
import { SignInError } from "../../errors.ts";
import { joinSignals } from "../../upstream/join-signals.ts";
import type { CommandContext } from "../context.ts";
import { formatDuration, formatTime } from "../format.ts";
import { readLines } from "../input.ts";
import { judgePasted } from "../pasted.ts";
import { printable } from "../terminal.ts";
import { type Desk, nameOf } from "./desk.ts";

/** How to sign in. */
export interface PersonOptions {
  /** Open a browser on this machine. */
  readonly browser: boolean;
  /** With a code on another device. */
  readonly deviceAuth: boolean;
  /** How long to wait for the person. */
  readonly timeoutMs: number;
}

/** How a person is spoken to. */
export interface Face {
  /** What the person pastes. Asked for once, and only where something can be pasted. */
  readonly lines: () => AsyncIterableIterator<string>;
  /** Shows a step. */
  readonly show: (step: LoginStep) => Promise<void> | void;
  /** Says why what was pasted is of no use. */
  readonly warn: (message: string) => Promise<void> | void;
  /** Ends the sign-in. */
  readonly signal: AbortSignal;
}

/** The sign-in's own limit comes after the one that is told with the flag's name. */
const SLACK_MS = 60_000;

/**
 * Signs in with a browser or a device code. Gives the name to greet.
 * @param face Default: lines on the terminal, and lines of standard input.
 * @throws {SignInError} `sign_in_timeout` after `timeoutMs`, and as the ways of signing in do.
 */
export async function withPerson(
  desk: Desk,
  options: PersonOptions,
  face: Face = linesFace(desk.context, options.browser),
): Promise<string> {
  const { settings } = desk;
  const ended = new AbortController();
  const { signal, release } = joinSignals(face.signal, ended.signal);
  const common: CommonLoginOptions = {
    http: desk.http,
    endpoints: desk.endpoints,
    client: desk.client,
    signal,
    allowedWorkspaceIds: settings.forcedWorkspaceIds.value,
    save: desk.save,
  };
  const paste: PasteDesk = { state: null, ending: null, end: () => ended.abort() };
  const { timeoutMs } = options;
  const timer = setTimeout(() => {
    paste.ending = new SignInError(
      "sign_in_timeout",
      `Nobody completed the sign-in within ${formatDuration(timeoutMs)}. Run \`planport login\` again; --timeout gives more time.`,
    );
    ended.abort();
  }, timeoutMs);
  const steps = options.deviceAuth
    ? deviceLogin(common)
    : browserLogin({
        ...common,
        timeoutMs: timeoutMs + SLACK_MS,
        pasted: judged(face, paste),
      });
  try {
    for (let before = ""; ;) {
      const step = await steps.next();
      if (step.done === true) return nameOf(step.value.credential);
      if (step.value.type === "open-url") paste.state = new URL(step.value.url).searchParams.get("state");
      // The server has refused the pasted code: it will not take it later, and waiting would only look like work.
      if (step.value.type === "rejected" && before === "exchanging") throw step.value.error;
      await face.show(step.value);
      before = step.value.type;
    }
  } catch (error) {
    throw paste.ending ?? error;
  } finally {
    clearTimeout(timer);
    ended.abort();
    await steps.return(undefined as never).catch(() => {}); // Closes its port, wherever it stands.
    release();
  }
}

/** What the pasted lines and the sign-in know of each other. */
interface PasteDesk {
  /** Of the address that was shown; null before. */
  state: string | null;
  /** The refusal that was pasted. */
  ending: SignInError | null;
  readonly end: () => void;
}

/** The lines that the sign-in should see. Not a generator: those let go of their source only once a line has come. */
function judged({ lines: open, warn }: Face, desk: PasteDesk): AsyncIterableIterator<string> {
  const lines = open();
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      for (;;) {
        const line = await lines.next();
        if (line.done === true) return line;
        const judgement = judgePasted(line.value, desk.state);
        if (judgement.kind === "take") return line;
        if (judgement.kind === "end") {
          desk.ending = judgement.error;
          desk.end();
          return { done: true, value: undefined };
        }
        await warn(judgement.message);
      }
    },
    return: async () => (await lines.return?.()) ?? { done: true, value: undefined },
  };
}

function linesFace(context: CommandContext, wantsBrowser: boolean): Face {
  const { err } = context.terminal;
  return {
    lines: () => readLines(context),
    show: (step) => show(step, context, wantsBrowser),
    warn: (message) => err.line(err.style.yellow(message)),
    signal: context.signal,
  };
}

async function show(step: LoginStep, context: CommandContext, wantsBrowser: boolean): Promise<void> {
  const { out, err } = context.terminal;
  const { bold, dim } = out.style;
  switch (step.type) {
    case "open-url": {
      const opened = wantsBrowser && step.port !== null && (await openBrowser(step.url, context.platform, context.env));
      await out.line(opened ? "Your browser should show OpenAI's sign-in page. If not, open:" : "To sign in, open:");
      await out.line(`\n  ${bold(step.url)}\n`);
      await out.line(
        step.port === null
          ? `Port ${CALLBACK_PORTS.join(" and port ")} already in use: the browser cannot come back by itself, and will end on ` +
              "another page. Paste that page's whole address here:"
          : dim("Should the browser end on a page that cannot be loaded, paste that page's whole address here."),
      );
      break;
    }
    case "device-code":
      await out.line(`On any device, open ${bold(step.verificationUrl)} and type this code:`);
      await out.line(`\n  ${bold(printable(step.userCode))}\n`);
      await out.line(dim(`It is good until ${formatTime(step.expiresAtMs, Date.now())}. Never give it to anybody.`));
      await out.line(dim(`Should the page ask to have device codes enabled: ${DEVICE_CODE_SETTING}.`));
      break;
    case "rejected":
      await err.line(err.style.yellow(printable(step.error.message)));
      break;
    case "waiting":
    case "exchanging":
    case "done":
      break; // Said by what comes before and after.
  }
}
