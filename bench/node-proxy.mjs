/**
 * The least that a proxy in Node can be: request in, request out, piped both ways. It understands nothing of what it
 * passes on. A second measure beside nginx, and the unit where nginx is missing.
 *
 * Arguments: port, port of the backend.
 */
import { Agent, createServer, request } from "node:http";

const [port = "", backendPort = ""] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });

createServer((incoming, outgoing) => {
  const { url: path, method, headers } = incoming;
  const upstream = request({ host: "127.0.0.1", port: Number(backendPort), path, method, headers, agent }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  upstream.on("error", () => outgoing.destroy());
  outgoing.on("close", () => upstream.destroy());
  incoming.pipe(upstream);
}).listen(Number(port), "127.0.0.1");
