/**
 * A call as its program made it, as the gateway takes it.
 * @module
 */

/** What a browser says of the page that calls. Here it is the program's own code, whatever it runs in. */
const PAGE_HEADERS = ["host", "origin", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"];
/** Where the gateway's paths begin. */
const BASE = /\/(?:v1|backend-api)(?=\/|$)/;

/**
 * The request that the gateway is to answer. Its address is this machine's whatever the program calls: nothing goes there.
 * @throws {TypeError} as `new Request(…)` does.
 */
export function toGatewayRequest(input: string | URL | Request, init: RequestInit | undefined): Request {
  const given = input instanceof Request ? input : null;
  const { pathname, search } = new URL(input instanceof Request ? input.url : input);
  const base = BASE.exec(pathname);
  const target = `http://localhost${base === null ? pathname : pathname.slice(base.index)}${search}`;
  const whole = given === null ? init : { ...fieldsOf(given), ...init };
  const request = new Request(target, whole);
  for (const name of PAGE_HEADERS) request.headers.delete(name);
  return request;
}

function fieldsOf({ method, headers, body, signal }: Request): RequestInit {
  // A body that is a stream must say that it is sent whole before the answer is read (WHATWG Fetch, `RequestDuplex`).
  return { method, headers, signal, ...(body !== null && { body, duplex: "half" }) };
}
