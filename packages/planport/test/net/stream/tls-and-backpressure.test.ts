import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { toConnectionError } from "../../../src/net/connection-error.ts";
import { createSelfSigned } from "../self-signed.ts";
import { httpClient } from "../support.ts";
import { call, chunked, failure, serveRaw, serveRawTls, sized, until } from "./wire.ts";

describe("backpressure", () => {
  const total = 64 * 1024 * 1024;

  /** Writes as much as is taken; `sent` says how much that was. */
  function flood(): { readonly answer: (socket: Socket) => void; readonly sent: () => number } {
    let sent = 0;
    const piece = Buffer.alloc(64 * 1024, "x");
    const answer = (socket: Socket): void => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${total}\r\n\r\n`);
      const more = (): void => {
        while (sent < total) {
          sent += piece.length;
          if (!socket.write(piece)) return void socket.once("drain", more);
        }
      };
      more();
    };
    return { answer, sent: () => sent };
  }

  /** Resolves when `value` has not changed for a while. */
  async function settled(value: () => number): Promise<void> {
    for (let before = -1; before !== value();) {
      before = value();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async function holds(origin: string, sent: () => number, client: ReturnType<typeof httpClient>): Promise<void> {
    let bytes = 0;
    let paused = false;
    const heard = call(client, origin, {
      onPiece: (it, piece) => {
        bytes += piece.length;
        it.body = ""; // Only the amount counts.
        if (paused || bytes > 1024 * 1024) return;
        paused = true;
        it.controller.pause();
      },
    });
    await until(() => paused);
    await settled(sent);
    expect(heard.controller.paused).toBe(true);
    expect(sent()).toBeLessThan(total / 2);
    expect(bytes).toBeLessThan(1024 * 1024);
    heard.controller.resume();
    await expect(heard.over).resolves.toBe("end");
    expect(bytes).toBe(total);
  }

  it("makes the server wait, and loses nothing", async () => {
    const { answer, sent } = flood();
    await holds((await serveRaw(answer)).origin, sent, httpClient());
  });

  it("does so within TLS as well", async () => {
    const { keyPem, certificatePem } = createSelfSigned("localhost");
    const { answer, sent } = flood();
    const server = await serveRawTls(keyPem, certificatePem, answer);
    await holds(server.origin, sent, httpClient({ env: { CODEX_CA_CERTIFICATE: pemFile(certificatePem) } }));
  });
});

function pemFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "planport-stream-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "ca.pem");
  writeFileSync(path, text);
  return path;
}

describe("TLS", () => {
  it.each(["127.0.0.1", "localhost"])(
    "carries calls to %s, one after the other, with a trusted authority",
    async (host) => {
      const { keyPem, certificatePem } = createSelfSigned("localhost");
      const server = await serveRawTls(keyPem, certificatePem, (socket, index) =>
        socket.write(chunked(`tea ${index}`)),
      );
      const client = httpClient({ env: { CODEX_CA_CERTIFICATE: pemFile(certificatePem) } });
      for (let i = 0; i < 3; i++) {
        const heard = call(client, server.origin.replace("127.0.0.1", host));
        await expect(heard.over).resolves.toBe("end");
        expect(heard.body).toBe(`tea ${i}`);
      }
      expect(server.sockets.length).toBe(1);
    },
  );

  it.each<[string, string, RegExp]>([
    ["nobody vouches for", "localhost", /self-signed.*CODEX_CA_CERTIFICATE/],
    ["is for another host", "other.test", /is for another host\.$/],
  ])("sends nothing to a server whose certificate %s", async (_case, name, words) => {
    const { keyPem, certificatePem } = createSelfSigned(name);
    const server = await serveRawTls(keyPem, certificatePem, (socket) => socket.write(sized("a")));
    const env = name === "localhost" ? {} : { CODEX_CA_CERTIFICATE: pemFile(certificatePem) };
    const url = server.origin.replace("127.0.0.1", "localhost");
    const error = await failure(call(httpClient({ env }), url, { headers: { authorization: "Bearer x" } }));
    expect(toConnectionError(error, url).message).toMatch(words);
    expect(server.requests).toEqual([]);
  });

  it("ends within the time limit when the server never shakes hands", async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => void sockets.push(socket.on("error", () => {})));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const error = await failure(call(httpClient({ connectTimeoutMs: 50 }), url));
    expect(toConnectionError(error, url).message).toMatch(/the connection timed out; check the network/);
  });
});
