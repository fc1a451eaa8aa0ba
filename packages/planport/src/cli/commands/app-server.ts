/**
 * `planport app-server`: Codex's app-server protocol, on standard input and output or over WebSockets.
 * @module
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join, resolve } from "node:path";
import { Writable } from "node:stream";
import { type AppServer, listen, type ListenOptions, openAppServer } from "../../app-server/index.ts";
import { ConfigError, isPlanportError, RequestError } from "../../errors.ts";
import { streamTransport } from "../../json-rpc/index.ts";
import { type CommandContext, untilAborted } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type Output, printable } from "../terminal.ts";

/** Options of {@link appServer}. */
export interface AppServerCommandOptions {
  readonly listen?: string;
  readonly wsAuth?: string;
  readonly wsTokenFile?: string;
  readonly wsTokenSha256?: string;
}

/** Runs the command. On standard input it ends with that; otherwise when the process is told to stop. */
export async function appServer(context: CommandContext, options: AppServerCommandOptions): Promise<ExitCode> {
  const { terminal, stdin, signal } = context;
  const target = await readTarget(options);
  const onTrouble = (line: string): void => void terminal.err.line(`planport: ${printable(line)}`);
  let server: AppServer;
  try {
    server = await openAppServer({ ...context, onTrouble });
  } catch (error) {
    if (!isPlanportError(error) || error.code !== "config_invalid") throw error;
    // As Codex: whoever started it looks for a 1, and not for planport's own numbers.
    await terminal.err.line(`planport: ${printable(error.message)}`);
    return EXIT.failure;
  }
  try {
    if (target === null) {
      const { closed } = server.connect(streamTransport(stdin, outputOf(terminal.out)));
      await untilAborted(AbortSignal.any([signal, closed]));
    } else {
      const listening = await listen(server, target);
      await terminal.err.line(`planport: app-server is listening on ${listening.url}`);
      await untilAborted(signal);
      await listening.close();
    }
  } finally {
    await server.end();
  }
  return EXIT.ok;
}

/** A terminal's output as a stream that slows its writer down. */
function outputOf(out: Output): Writable {
  const forward = async (text: string, done: () => void): Promise<void> => {
    await out.write(text);
    done();
  };
  return new Writable({ decodeStrings: false, write: (text: string, _encoding, done) => void forward(text, done) });
}

/** Where to listen; null for standard input. */
async function readTarget(options: AppServerCommandOptions): Promise<ListenOptions | null> {
  const url = options.listen ?? "stdio://";
  if (url === "stdio://") return null;
  const { protocol, hostname, port, pathname } = URL.canParse(url) ? new URL(url) : new URL("none://");
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  if (protocol !== "ws:" || isIP(host) === 0 || port === "" || (pathname !== "/" && pathname !== ""))
    throw wrong(`--listen takes stdio:// or ws://IP:PORT, and ${url} is neither.`);
  if (options.wsAuth !== undefined && options.wsAuth !== "capability-token")
    throw wrong("--ws-auth takes capability-token alone.");
  return { host, port: Number(port), tokenSha256: await readTokenDigest(options) };
}

async function readTokenDigest({ wsTokenFile, wsTokenSha256 }: AppServerCommandOptions): Promise<string> {
  if (wsTokenSha256 !== undefined) {
    if (!/^[0-9a-f]{64}$/i.test(wsTokenSha256)) throw wrong("--ws-token-sha256 takes 64 hexadecimal digits.");
    return wsTokenSha256.toLowerCase();
  }
  if (wsTokenFile === undefined)
    throw wrong(
      "A WebSocket needs a token that its clients bring: give --ws-auth capability-token with --ws-token-file FILE or --ws-token-sha256 HEX.",
    );
  const token = await readFile(resolve(wsTokenFile), "utf8").then(
    (text) => text.trim(),
    (error: NodeJS.ErrnoException) => {
      throw wrong(`--ws-token-file: ${wsTokenFile} cannot be read: ${error.code ?? "unknown reason"}.`);
    },
  );
  if (token === "") throw wrong(`--ws-token-file: ${wsTokenFile} is empty.`);
  return createHash("sha256").update(token, "utf8").digest("hex");
}

function wrong(message: string): RequestError<"request_invalid"> {
  return new RequestError("request_invalid", message);
}

/** Options of {@link generate}. */
export interface GenerateOptions {
  readonly out: string;
}

/** Runs `planport app-server generate-ts` and `generate-json-schema`: writes the protocol into a folder. */
export async function generate(what: "ts" | "json-schema", { out }: GenerateOptions): Promise<ExitCode> {
  const files = what === "ts" ? await typescriptFiles() : await schemaFiles();
  try {
    await mkdir(out, { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(out, name), text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError("config_invalid", `--out: cannot write into ${out}: ${code ?? "unknown reason"}.`);
  }
  return EXIT.ok;
}

async function typescriptFiles(): Promise<Readonly<Record<string, string>>> {
  const { typeFiles } = await import("../../app-server/protocol/type-files.ts");
  return typeFiles();
}

async function schemaFiles(): Promise<Readonly<Record<string, string>>> {
  const { jsonSchemas, schemaBundle, schemaDocument } = await import("../../app-server/protocol/write-out.ts");
  const all = jsonSchemas();
  const text = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return {
    ...Object.fromEntries(Object.keys(all).map((name) => [`${name}.json`, text(schemaDocument(name, all))])),
    "app_server_protocol.schemas.json": text(schemaBundle()),
  };
}
