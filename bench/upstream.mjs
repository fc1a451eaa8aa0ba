/**
 * A stand-in for the Codex backend, small and fast, in a process of its own: it answers every model call with the same
 * text, one delta per socket write and a fixed time apart, so that what differs between two runs is the gateway.
 *
 * Run by `run.mjs` with an IPC channel; says `{port}` when it listens and takes `{shape}` messages.
 * Event shapes: openai/codex, codex-rs/codex-api/src/sse/responses.rs.
 */
import { createServer } from "node:http";
import { createText } from "./text.mjs";

/** What a model call is answered with. `deltas` is a count, `gapMs` the time between two of them. */
let shape = { deltas: 200, gapMs: 10 };

const MODEL = "gpt-5.5";
const MESSAGE_ID = "msg_bench_0001";

const MODELS = JSON.stringify({
  models: [
    {
      slug: MODEL,
      display_name: MODEL,
      supported_reasoning_levels: [{ effort: "low", description: "low" }],
      default_reasoning_level: "low",
      shell_type: "shell_command",
      visibility: "list",
      supported_in_api: true,
      priority: 0,
      support_verbosity: true,
      supports_parallel_tool_calls: true,
      supports_reasoning_summaries: true,
      truncation_policy: { mode: "tokens", limit: 10_000 },
      experimental_supported_tools: [],
      context_window: 272_000,
      input_modalities: ["text", "image"],
      base_instructions: "You are a careful assistant.",
    },
  ],
});

const ACCOUNTS = JSON.stringify({
  accounts: [
    { id: "acct-bench", workspace_backend_origin: "NO_CONSTRAINT", account_routing_override: "NO_CONSTRAINT" },
  ],
  default_account_id: "acct-bench",
  account_ordering: ["acct-bench"],
});

function frame(event) {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** The events before, between and after the deltas, as wire text. Built once per shape: the streams only differ in time. */
function buildStream({ deltas }) {
  const pieces = createText(deltas);
  const text = pieces.join("");
  const at = { item_id: MESSAGE_ID, output_index: 0, content_index: 0 };
  const item = { id: MESSAGE_ID, type: "message", role: "assistant" };
  const part = { type: "output_text", annotations: [], logprobs: [] };
  const whole = { ...item, status: "completed", content: [{ ...part, text }] };
  const response = { id: "resp_bench_0001", object: "response", created_at: 1_750_000_000, model: MODEL, output: [] };
  const usage = {
    input_tokens: 12,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: deltas,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: deltas + 12,
  };
  let sequence = 0;
  const event = (type, fields) => frame({ type, sequence_number: sequence++, ...fields });
  const head = [
    event("response.created", { response: { ...response, status: "in_progress" } }),
    event("response.in_progress", { response: { ...response, status: "in_progress" } }),
    event("response.output_item.added", { output_index: 0, item: { ...item, status: "in_progress", content: [] } }),
    event("response.content_part.added", { ...at, part: { ...part, text: "" } }),
  ];
  const middle = pieces.map((delta) =>
    event("response.output_text.delta", { ...at, delta, logprobs: [], obfuscation: "Xq3hZ0vT" }),
  );
  const tail = [
    event("response.output_text.done", { ...at, text, logprobs: [] }),
    event("response.content_part.done", { ...at, part: { ...part, text } }),
    event("response.output_item.done", { output_index: 0, item: whole }),
    event("response.completed", { response: { ...response, status: "completed", output: [whole], usage } }),
  ];
  return { head: head.join(""), middle: middle.map((text) => Buffer.from(text)), tail: tail.join("") };
}

let stream = buildStream(shape);

function sendStream(res) {
  res.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "openai-model": MODEL,
    "x-request-id": "req_bench",
  });
  const { head, middle, tail } = stream;
  res.write(head);
  let next = 0;
  const timer = setInterval(() => {
    res.write(middle[next++]);
    if (next < middle.length) return;
    clearInterval(timer);
    res.end(tail);
  }, shape.gapMs);
  res.on("close", () => clearInterval(timer));
}

function sendJson(res, status, body) {
  res.writeHead(status, { "content-type": "application/json" }).end(body);
}

const server = createServer((req, res) => {
  const path = (req.url ?? "/").split("?", 1)[0];
  req.resume();
  req.on("end", () => {
    if (!req.headers.authorization?.startsWith("Bearer ")) sendJson(res, 401, '{"detail":"Unauthorized"}');
    else if (req.method === "POST" && path.endsWith("/codex/responses")) sendStream(res);
    else if (req.method === "GET" && path.endsWith("/codex/models")) sendJson(res, 200, MODELS);
    else if (req.method === "GET" && path.endsWith("/wham/accounts/check")) sendJson(res, 200, ACCOUNTS);
    else sendJson(res, 404, '{"detail":"Not Found"}');
  });
});

process.on("message", (message) => {
  if (message.shape === undefined) return;
  shape = message.shape;
  stream = buildStream(shape);
  process.send?.({ shaped: true });
});
process.on("disconnect", () => process.exit(0));

server.listen(0, "127.0.0.1", () => process.send?.({ port: server.address().port }));
