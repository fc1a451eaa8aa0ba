// Made by `npm run build` from packages/planport/src/hosts/pi/extension; change that.
import { t as __exportAll } from "./rolldown-runtime.mjs";
import { c as ConfigError, f as UpstreamError, u as RequestError } from "./identity.mjs";
import { readFileSync } from "node:fs";
import { X509Certificate } from "node:crypto";
import * as tls from "node:tls";
import * as util from "node:util";
import { Buffer } from "node:buffer";
import * as net from "node:net";
import { BlockList, isIP } from "node:net";

// packages/planport/src/net/certificates.ts
/**
* Which certificate authorities planport trusts.
* @module
*/
const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
/** The environment variables that name a PEM file of extra authorities; the first that is set counts, as in Codex. */
const CA_VARIABLES = ["CODEX_CA_CERTIFICATE", "SSL_CERT_FILE"];
/**
* The trust that `CODEX_CA_CERTIFICATE`, else `SSL_CERT_FILE`, asks for: the default roots and those of the file. Null
* when neither is set, so that Node's own defaults hold. Parsing the roots takes milliseconds, so it is done once here
* and not once per connection.
* @throws {ConfigError} `config_invalid` naming variable and path when the file cannot be read or holds no certificate.
*/
function createTrust(env) {
	for (const name of CA_VARIABLES) {
		const path = env[name];
		if (path === void 0 || path === "") continue;
		return tls.createSecureContext({ ca: [...defaultRoots(env), ...readCertificates(name, path)] });
	}
	return null;
}
function readCertificates(name, path) {
	let text;
	try {
		text = readFileSync(path, "utf8");
	} catch (error) {
		const reason = error.code ?? "unreadable";
		throw new ConfigError("config_invalid", `${name} names ${path}, which cannot be read (${reason}).`, { cause: error });
	}
	const certificates = text.match(PEM_CERTIFICATE) ?? [];
	if (certificates.length === 0) throw new ConfigError("config_invalid", `${name} names ${path}, which holds no PEM certificate.`);
	certificates.forEach((certificate, index) => {
		try {
			new X509Certificate(certificate);
		} catch (error) {
			throw new ConfigError("config_invalid", `${name} names ${path}, whose certificate ${index + 1} is damaged and cannot be read.`, { cause: error });
		}
	});
	return certificates;
}
/** What Node would trust if no `ca` were given. */
function defaultRoots(env) {
	const ask = tls.getCACertificates;
	if (ask !== void 0) return ask("default");
	const extra = env["NODE_EXTRA_CA_CERTS"];
	if (extra === void 0 || extra === "") return tls.rootCertificates;
	try {
		return [...tls.rootCertificates, ...readFileSync(extra, "utf8").match(PEM_CERTIFICATE) ?? []];
	} catch {
		return tls.rootCertificates;
	}
}

// packages/planport/src/net/stream/body.ts
/** The server broke the rules of HTTP/1.1; the connection is of no further use. */
var FramingError = class extends Error {
	name = "FramingError";
	code = "ERR_HTTP_FRAMING";
};
/** Makes the reader for a framing. */
function createBodyReader(framing) {
	if (framing.kind === "chunked") return new ChunkedReader();
	if (framing.kind === "close") return new UntilCloseReader();
	return new LengthReader(framing.kind === "length" ? framing.bytes : 0);
}
var LengthReader = class {
	endsWithConnection = false;
	#left;
	constructor(bytes) {
		this.#left = bytes;
	}
	get complete() {
		return this.#left === 0;
	}
	feed(bytes, start, end, onRun) {
		const stop = Math.min(end, start + this.#left);
		this.#left -= stop - start;
		if (stop > start) onRun(bytes, start, stop);
		return stop;
	}
};
var UntilCloseReader = class {
	complete = false;
	endsWithConnection = true;
	feed(bytes, start, end, onRun) {
		if (end > start) onRun(bytes, start, end);
		return end;
	}
};
const LF = 10;
const CR = 13;
const SEMICOLON = 59;
const SPACE = 32;
const TAB = 9;
/** More hexadecimal digits than any chunk needs, and few enough that the size stays an exact number. */
const MAX_SIZE_DIGITS = 12;
/** Chunk extensions and trailers are read past; this much of them is more than anyone sends. */
const MAX_SKIPPED_BYTES = 16384;
var ChunkedReader = class {
	endsWithConnection = false;
	#state = "size";
	#left = 0;
	#digits = 0;
	#skipped = 0;
	/** The last byte was a CR whose LF has to follow. */
	#carriage = false;
	get complete() {
		return this.#state === "end";
	}
	/**
	* On a busy machine one read holds many chunks. They are joined where they lie, because what follows costs by the run: each
	* one ends in a write to a client. What came before a fault is handed out before the fault is thrown.
	*/
	feed(bytes, start, end, onRun) {
		let at = start;
		let runStart = start;
		let runLength = 0;
		try {
			while (at < end && this.#state !== "end") if (this.#state === "data") {
				const stop = Math.min(end, at + this.#left);
				this.#left -= stop - at;
				if (this.#left === 0) this.#state = "dataEnd";
				if (runLength === 0) runStart = at;
				else bytes.copyWithin(runStart + runLength, at, stop);
				runLength += stop - at;
				at = stop;
			} else this.#control(bytes[at++]);
		} finally {
			if (runLength > 0) onRun(bytes, runStart, runStart + runLength);
		}
		return at;
	}
	/** Takes one byte that is not body. */
	#control(byte) {
		if (this.#carriage && byte !== LF) throw new FramingError("a CR without LF in chunked framing");
		if (byte === CR) {
			this.#carriage = true;
			return;
		}
		if (byte === LF && !this.#carriage) throw new FramingError("a LF without CR in chunked framing");
		this.#carriage = false;
		switch (this.#state) {
			case "size":
				this.#size(byte);
				break;
			case "extension":
				if (byte === LF) this.#beginChunk();
				else this.#skip();
				break;
			case "dataEnd":
				if (byte !== LF) throw new FramingError("a chunk longer than its size");
				this.#state = "size";
				break;
			case "trailer":
				this.#state = byte === LF ? "end" : "trailerLine";
				this.#skip();
				break;
			case "trailerLine": if (byte === LF) this.#state = "trailer";
			else this.#skip();
		}
	}
	#size(byte) {
		const digit = hexDigit(byte);
		if (digit >= 0) {
			if (++this.#digits > MAX_SIZE_DIGITS) throw new FramingError("a chunk size without end");
			this.#left = this.#left * 16 + digit;
			return;
		}
		if (this.#digits === 0) throw new FramingError("a chunk without a size");
		if (byte === LF) this.#beginChunk();
		else if (byte === SEMICOLON || byte === SPACE || byte === TAB) this.#state = "extension";
		else throw new FramingError("a chunk size that is no hexadecimal number");
	}
	#beginChunk() {
		this.#digits = 0;
		this.#skipped = 0;
		this.#state = this.#left === 0 ? "trailer" : "data";
	}
	#skip() {
		if (++this.#skipped > MAX_SKIPPED_BYTES) throw new FramingError("chunk extensions or trailers without end");
	}
};
function hexDigit(byte) {
	if (byte >= 48 && byte <= 57) return byte - 48;
	const lower = byte | 32;
	return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

// packages/planport/src/net/stream/head.ts
/**
* The heads of HTTP/1.1 messages: writing a request's, reading an answer's (RFC 9112 §2 to §6, RFC 9110 §5).
* @module
*/
/** How long an unused connection is kept when the server does not say. */
const DEFAULT_KEEP_ALIVE_MS = 3e4;
const MAX_KEEP_ALIVE_MS = 55e3;
/** The server's clock runs from when it sent its last byte; ours from when that came. */
const KEEP_ALIVE_MARGIN_MS = 1e3;
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;
/** Visible characters, blanks and obs-text: everything that cannot end a line. */
const FIELD_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d{2})(?: [\t\u0020-\u007e\u0080-\u00ff]*)?$/;
/**
* The head of a request, in latin1.
* @param connection What the header `connection` says.
* @throws {TypeError} when a name or value could not stand in a header: it would be another request than was meant.
*/
function writeRequestHead(method, path, host, headers, bodyBytes, connection = "keep-alive") {
	if (!TOKEN.test(method) || !/^[\u0021-\u007e]+$/.test(path)) throw new TypeError("method or path cannot be sent");
	const lines = [
		`${method} ${path} HTTP/1.1`,
		`host: ${host}`,
		`connection: ${connection}`
	];
	for (const [name, values] of Object.entries(headers)) for (const value of typeof values === "string" ? [values] : values) {
		if (!TOKEN.test(name) || !FIELD_VALUE.test(value)) throw new TypeError(`the header ${name} cannot be sent`);
		lines.push(`${name}: ${value}`);
	}
	if (bodyBytes > 0 || method !== "GET") lines.push(`content-length: ${bodyBytes}`);
	lines.push("", "");
	return lines.join("\r\n");
}
/**
* Reads a head.
* @param text The head in latin1, without the empty line that ends it.
* @throws {FramingError}
*/
function readAnswerHead(text, method) {
	const [statusLine = "", ...lines] = text.split("\r\n");
	const match = STATUS_LINE.exec(statusLine);
	if (match === null) throw new FramingError("no HTTP/1.1 status line");
	const status = Number(match[2]);
	const headers = Object.create(null);
	for (const line of lines) addField(headers, line);
	const framing = framingOf(status, method, headers);
	return {
		status,
		headers,
		framing,
		keepAliveMs: (match[1] === "1" ? !mentions(headers["connection"], "close") : false) && framing.kind !== "close" ? keepAliveMs(headers) : 0
	};
}
function addField(headers, line) {
	const colon = line.indexOf(":");
	const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
	const value = line.slice(colon + 1).replaceAll(/^[ \t]+|[ \t]+$/g, "");
	if (!TOKEN.test(name) || !FIELD_VALUE.test(value)) throw new FramingError("a malformed header line");
	const before = headers[name];
	if (before === void 0) headers[name] = value;
	else if (Array.isArray(before)) before.push(value);
	else headers[name] = [before, value];
}
function framingOf(status, method, headers) {
	if (method === "HEAD" || status < 200 || status === 204 || status === 304) return { kind: "none" };
	const encoding = headers["transfer-encoding"];
	const length = headers["content-length"];
	if (encoding !== void 0) {
		if (length !== void 0) throw new FramingError("both Transfer-Encoding and Content-Length");
		if (typeof encoding === "string" && encoding.toLowerCase() === "chunked") return { kind: "chunked" };
		throw new FramingError("a Transfer-Encoding other than chunked");
	}
	if (length === void 0) return { kind: "close" };
	const values = (Array.isArray(length) ? length : [length]).flatMap((value) => value.split(/[ \t]*,[ \t]*/));
	const [first = ""] = values;
	if (!/^\d{1,15}$/.test(first) || values.some((value) => value !== first)) throw new FramingError("a Content-Length that is no length");
	return {
		kind: "length",
		bytes: Number(first)
	};
}
function keepAliveMs(headers) {
	const said = /(?:^|[\s,])timeout=(\d{1,9})/i.exec(joined(headers["keep-alive"]))?.[1];
	if (said === void 0) return DEFAULT_KEEP_ALIVE_MS;
	return Math.min(MAX_KEEP_ALIVE_MS, Math.max(0, Number(said) * 1e3 - KEEP_ALIVE_MARGIN_MS));
}
function mentions(value, word) {
	return joined(value).toLowerCase().split(/[\s,]+/).includes(word);
}
function joined(value) {
	return value === void 0 ? "" : Array.isArray(value) ? value.join(", ") : value;
}

// packages/planport/src/net/stream/connection.ts
/**
* One HTTP/1.1 connection that carries one call at a time, made for streams of many small pieces: each read lands in a
* buffer that is used again, and its body goes to the handler in the same turn, without a copy or a queue.
* @module
*/
const MAX_HEAD_CHARS = 65536;
const READ_BUFFER_BYTES = 65536;
const TCP_KEEP_ALIVE_MS$1 = 6e4;
const HEAD_END$1 = "\r\n\r\n";
/**
* One buffer for the reads of all connections: a read and the work on it are one turn, so there is never a second one.
* Without it Node takes 64 KiB from the allocator for each piece of a few hundred bytes.
*/
let readBuffer = null;
/** A connection. Made for the first call; `onIdle` says that it can take the next. */
var Connection = class {
	#options;
	#onIdle;
	#socket;
	#ready = false;
	#used = false;
	/** Who has the connection; null while nobody does. */
	#handler = null;
	/** What that one wants to have sent. */
	#call = null;
	/** Something of the call's answer has come, were it only an informational one. */
	#heard = false;
	#headText = "";
	#head = null;
	#reader = null;
	#timer = null;
	constructor(options, onIdle) {
		this.#options = options;
		this.#onIdle = onIdle;
		this.#socket = this.#connect();
		this.#socket.setNoDelay(true);
		this.#socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS$1);
		this.#socket.on("error", (error) => this.#lost(error));
		this.#socket.on("end", () => this.#lost(null));
		this.#socket.on("close", () => this.#lost(null));
	}
	/** True for a connection that has carried a call before. */
	get used() {
		return this.#used;
	}
	/** True as long as another call can be tried on it. */
	get alive() {
		return !this.#socket.destroyed;
	}
	/** Carries a call. Only when no other is under way. */
	send(call, handler) {
		this.#call = call;
		this.#handler = handler;
		this.#heard = false;
		this.#headText = "";
		this.#head = null;
		this.#reader = null;
		this.#socket.ref();
		if (this.#ready) this.#write();
		else this.#arm(this.#options.connectTimeoutMs, "ETIMEDOUT", "the connection was not made in time");
	}
	pause() {
		this.#socket.pause();
	}
	resume() {
		this.#socket.resume();
	}
	/** Ends everything on it without a word to the handler. */
	destroy() {
		this.#handler = null;
		this.#disarm();
		this.#socket.destroy();
	}
	/** Keeps it open for another call for a while; the process is not kept for it. */
	rest(keepAliveMs) {
		this.#socket.unref();
		this.#timer = setTimeout(() => this.destroy(), keepAliveMs).unref();
	}
	#connect() {
		const { origin, trust } = this.#options;
		const host = origin.hostname.replaceAll(/^\[|\]$/g, "");
		readBuffer ??= new Uint8Array(READ_BUFFER_BYTES);
		const onread = {
			buffer: readBuffer,
			callback: this.#onRead
		};
		if (origin.protocol !== "https:") return net.connect({
			host,
			port: Number(origin.port || 80),
			onread
		}, () => this.#connected());
		return tls.connect({
			host,
			port: Number(origin.port || 443),
			onread,
			ALPNProtocols: ["http/1.1"],
			...net.isIP(host) === 0 && { servername: host },
			...trust !== null && { secureContext: trust }
		}, () => this.#connected());
	}
	#connected() {
		this.#ready = true;
		if (this.#handler !== null) this.#write();
	}
	#write() {
		const { head, body, watch } = this.#call;
		try {
			watch?.onSending?.();
		} catch (error) {
			this.#fail(error instanceof Error ? error : new Error("called off", { cause: error }), false);
			return;
		}
		this.#arm(this.#options.headersTimeoutMs, "UND_ERR_HEADERS_TIMEOUT", "no answer came in time");
		this.#socket.cork();
		this.#socket.write(head, "latin1");
		if (body.length > 0) this.#socket.write(body);
		this.#socket.uncork();
		watch?.onSent?.();
	}
	/** What Node calls with each read; false would stop the reading, which `pause` does. */
	#onRead = (length, buffer) => {
		if (this.#handler === null) {
			this.#socket.destroy();
			return true;
		}
		this.#heard = true;
		try {
			const at = this.#reader === null ? this.#readHead(buffer, length) : 0;
			if (this.#reader !== null) this.#readBody(buffer, at, length);
		} catch (error) {
			this.#fail(error instanceof Error ? error : new FramingError(String(error)), false);
		}
		return true;
	};
	/** Returns where the body begins. Informational answers are read past (RFC 9110 §15.2). */
	#readHead(buffer, length) {
		let at = 0;
		for (;;) {
			const before = this.#headText.length;
			this.#headText += Buffer.from(buffer.buffer, buffer.byteOffset + at, length - at).toString("latin1");
			const end = this.#headText.indexOf(HEAD_END$1, Math.max(0, before - 4 + 1));
			if (end > MAX_HEAD_CHARS || end < 0 && this.#headText.length > MAX_HEAD_CHARS) throw new FramingError("a head without end");
			if (end < 0) return length;
			at += end + 4 - before;
			const head = readAnswerHead(this.#headText.slice(0, end), this.#call.method);
			this.#headText = "";
			if (head.status === 101) throw new FramingError("an upgrade that nobody asked for");
			if (head.status >= 200) {
				this.#begin(head);
				return at;
			}
			if (at === length) return at;
		}
	}
	#begin(head) {
		this.#disarm();
		this.#head = head;
		this.#reader = createBodyReader(head.framing);
		this.#handler?.onHead(head);
	}
	#readBody(buffer, start, length) {
		const reader = this.#reader;
		const stop = reader.feed(buffer, start, length, this.#onRun);
		if (this.#handler !== null && reader.complete) this.#complete(stop === length);
	}
	#onRun = (bytes, start, end) => {
		this.#handler?.onBody(bytes, start, end);
	};
	#complete(clean) {
		const handler = this.#handler;
		const keepAliveMs = clean ? this.#head?.keepAliveMs ?? 0 : 0;
		this.#handler = null;
		this.#used = true;
		this.#socket.resume();
		if (keepAliveMs > 0) this.#onIdle(this, keepAliveMs);
		else this.#socket.destroy();
		handler?.onEnd();
	}
	/** The connection is gone: the end of a body that ends with it, a failure for any other. */
	#lost(error) {
		this.#disarm();
		if (this.#handler === null) this.#socket.destroy();
		else if (error === null && this.#reader?.endsWithConnection === true) this.#complete(false);
		else this.#fail(error ?? closedEarly(), !this.#heard);
	}
	#fail(error, untouched) {
		const handler = this.#handler;
		this.destroy();
		handler?.onError(error, untouched);
	}
	#arm(delayMs, code, message) {
		this.#disarm();
		this.#timer = setTimeout(() => this.#fail(Object.assign(new Error(message), { code }), false), delayMs);
	}
	/** Stops whatever clock runs: connecting, waiting for a head, resting. */
	#disarm() {
		if (this.#timer !== null) clearTimeout(this.#timer);
		this.#timer = null;
	}
};
function closedEarly() {
	return Object.assign(/* @__PURE__ */ new Error("the connection was closed"), { code: "UND_ERR_SOCKET" });
}

// packages/planport/src/net/stream/pool.ts
/**
* Streams over connections of our own, behind the part of undici's interface that a stream needs.
* @module
*/
const NO_BODY$1 = /* @__PURE__ */ new Uint8Array(0);
/** More unused connections than this to one server are closed. */
const MAX_IDLE = 64;
/** Direct connections for streams: as many as there are streams, kept for a while and used again. */
var StreamPool = class {
	#options;
	#idle = /* @__PURE__ */ new Map();
	/** Calls under way. */
	#running = 0;
	#closed = false;
	#onQuiet = [];
	constructor(options) {
		this.#options = options;
	}
	/** Sends a call. The handler hears of everything, also of what went wrong, after this has returned. */
	dispatch(request, handler) {
		const origin = new URL(request.origin);
		const body = typeof request.body === "string" ? Buffer.from(request.body) : request.body ?? NO_BODY$1;
		const head = writeRequestHead(request.method, request.path, origin.host, request.headers, body.length);
		const call = {
			method: request.method,
			head,
			body,
			watch: request.watch
		};
		const exchange = new Exchange(this, origin, call, request.repeatable, handler);
		this.#running++;
		if (this.#closed) exchange.abort(Object.assign(/* @__PURE__ */ new Error("the client is closed"), { code: "UND_ERR_CLOSED" }));
		else exchange.start();
	}
	/** Closes unused connections, and others once their call is over; resolves when all are. */
	close() {
		this.#closed = true;
		for (const connections of this.#idle.values()) for (const connection of connections) connection.destroy();
		this.#idle.clear();
		return new Promise((resolve) => {
			if (this.#running === 0) resolve();
			else this.#onQuiet.push(resolve);
		});
	}
	/** A call is over. */
	ended() {
		this.#running--;
		if (this.#running === 0) for (const resolve of this.#onQuiet.splice(0)) resolve();
	}
	/** A connection to send on: the one used last, since it is the least likely to have been closed; else a new one. */
	take(origin, fresh) {
		const idle = fresh ? [] : this.#idle.get(origin.origin) ?? [];
		for (let connection = idle.pop(); connection !== void 0; connection = idle.pop()) if (connection.alive) return connection;
		return new Connection({
			...this.#options,
			origin
		}, (connection, keepAliveMs) => this.#keep(origin.origin, connection, keepAliveMs));
	}
	#keep(origin, connection, keepAliveMs) {
		const idle = (this.#idle.get(origin) ?? []).filter((other) => other.alive);
		if (this.#closed || idle.length >= MAX_IDLE) {
			connection.destroy();
			return;
		}
		this.#idle.set(origin, [...idle, connection]);
		connection.rest(keepAliveMs);
	}
};
/** One call on its way, and undici's controller of it. */
var Exchange = class {
	rawHeaders = void 0;
	rawTrailers = void 0;
	#pool;
	#origin;
	#call;
	#repeatable;
	#handler;
	#connection = null;
	#paused = false;
	#reason = null;
	#over = false;
	#retried = false;
	constructor(pool, origin, call, repeatable, handler) {
		this.#repeatable = repeatable;
		this.#pool = pool;
		this.#origin = origin;
		this.#call = call;
		this.#handler = handler;
	}
	get aborted() {
		return this.#reason !== null;
	}
	get paused() {
		return this.#paused;
	}
	get reason() {
		return this.#reason;
	}
	start() {
		this.#handler.onRequestStart?.(this, {});
		if (!this.#over) this.#send(!this.#repeatable);
	}
	abort(reason) {
		if (this.#over) return;
		this.#reason = reason;
		this.#connection?.destroy();
		this.#finish();
		this.#handler.onResponseError?.(this, reason);
	}
	pause() {
		this.#paused = true;
		if (!this.#over) this.#connection?.pause();
	}
	resume() {
		this.#paused = false;
		if (!this.#over) this.#connection?.resume();
	}
	onHead(head) {
		this.#handler.onResponseStart?.(this, head.status, head.headers, "");
	}
	onBody(bytes, start, end) {
		this.#handler.onResponseData?.(this, Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start));
	}
	onEnd() {
		this.#finish();
		this.#handler.onResponseEnd?.(this, {});
	}
	onError(error, untouched) {
		if (untouched && this.#repeatable && !this.#retried && this.#connection?.used === true) {
			this.#retried = true;
			this.#send(true);
			return;
		}
		this.#finish();
		this.#handler.onResponseError?.(this, error);
	}
	#send(fresh) {
		this.#connection = this.#pool.take(this.#origin, fresh);
		this.#connection.send(this.#call, this);
	}
	#finish() {
		this.#over = true;
		this.#pool.ended();
	}
};

// packages/planport/src/net/dispatcher.ts
/**
* Sends each call over the right connection: without a proxy over our own, which cost half of undici's for each piece of
* an answer, else through undici, which knows how to talk to proxies. Never by undici's global dispatcher: other code in
* the process may have replaced that.
*/
var PooledDispatcher = class {
	#options;
	#direct;
	#proxied = null;
	#closed = null;
	constructor(options) {
		this.#options = options;
		this.#direct = new StreamPool(options);
	}
	/** The proxy for a URL; null when there is none. */
	proxyFor(url) {
		return this.#options.proxyRule(url);
	}
	dispatchStream(request, handler) {
		const proxy = this.#closed === null ? this.proxyFor(new URL(request.origin)) : null;
		if (proxy === null) this.#direct.dispatch(request, handler);
		else this.#dispatchThrough(proxy, request, handler);
	}
	/** Closes unused connections, and the others when their calls have ended. */
	close() {
		this.#closed ??= Promise.all([this.#direct.close(), this.#proxied?.then((pools) => pools.close())]).then(() => {});
		return this.#closed;
	}
	async #dispatchThrough(proxy, request, handler) {
		try {
			this.#proxied ??= import("./proxied.mjs").then((module) => new module.ProxyPools(this.#options));
			(await this.#proxied).dispatch(proxy, request, handler);
		} catch (error) {
			handler.onResponseError?.(void 0, error);
		}
	}
};

// packages/planport/src/net/connection-error.ts
/**
* Connection failures in words.
* @module
*/
/** System and OpenSSL codes that mean the certificate is at fault: no retry helps. */
const CERTIFICATE_REASONS = {
	SELF_SIGNED_CERT_IN_CHAIN: "a certificate in its chain is self-signed",
	DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed",
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is not signed by an authority trusted here",
	UNABLE_TO_GET_ISSUER_CERT: "the authority behind its certificate is not known here",
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the authority behind its certificate is not known here",
	CERT_UNTRUSTED: "its certificate is not trusted",
	CERT_HAS_EXPIRED: "its certificate has expired",
	CERT_NOT_YET_VALID: "its certificate is not valid yet (is this machine's clock right?)",
	CERT_REVOKED: "its certificate was revoked",
	ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host"
};
/** Certificate failures that an extra authority can cure. */
const UNKNOWN_AUTHORITY = /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_|CERT_UNTRUSTED)/;
const TIMED_OUT = "the connection timed out; check the network, and HTTPS_PROXY where a proxy is needed";
const REASONS = {
	ECONNREFUSED: "connection refused; see that something listens there",
	ECONNRESET: "the connection was reset",
	ECONNABORTED: "the connection was aborted",
	EPIPE: "the connection was closed",
	ENOTFOUND: "the name was not found in DNS; check the name and the network",
	EAI_AGAIN: "DNS did not answer; check the network",
	ETIMEDOUT: TIMED_OUT,
	EHOSTUNREACH: "no route to the host; check the network",
	ENETUNREACH: "the network cannot be reached",
	ENETDOWN: "the network is down",
	EADDRNOTAVAIL: "no local address or port is free",
	EACCES: "the system does not allow the connection",
	EPROTO: "it does not speak TLS as expected",
	UND_ERR_CONNECT_TIMEOUT: TIMED_OUT,
	UND_ERR_HEADERS_TIMEOUT: "no answer came in time",
	UND_ERR_SOCKET: "the connection was closed",
	ERR_HTTP_FRAMING: "its answer is not valid HTTP",
	UND_ERR_CLOSED: "planport is shutting down",
	UND_ERR_DESTROYED: "planport is shutting down"
};
/** True for what stays as it is until somebody sets it right: a certificate, a proxy that wants a password. */
function isLasting(error, code) {
	return code !== null && Object.hasOwn(CERTIFICATE_REASONS, code) || proxyStatusOf(error) === 407;
}
/**
* `upstream_unreachable` for whatever undici or the system threw: host, reason in words, what to do. Proxy passwords
* and the URL's path and query stay out of it. Not `retryable` where trying again cannot help.
* @param dispatcher The one the call went through; it knows whether a proxy was in between.
*/
function toConnectionError(error, url, dispatcher) {
	const target = new URL(url);
	const proxy = dispatcher instanceof PooledDispatcher ? dispatcher.proxyFor(target) : null;
	const through = proxy === null ? "" : ` through the proxy ${proxy.host}`;
	const systemCode = systemCodeOf(error);
	return new UpstreamError("upstream_unreachable", `Could not reach ${target.host}${through}: ${reasonOf(error, systemCode)}.`, {
		cause: {
			status: null,
			upstreamCode: null,
			requestId: null,
			cfRay: null,
			systemCode
		},
		...isLasting(error, systemCode) && { retryable: false }
	});
}
function reasonOf(error, code) {
	const refused = proxyStatusOf(error);
	if (refused === 407) return "the proxy asks for a user name and password (HTTP 407); put them into HTTPS_PROXY";
	if (refused !== null) return `the proxy refused the connection (HTTP ${refused})`;
	if (code === null) return "the connection failed";
	const certificate = CERTIFICATE_REASONS[code];
	if (certificate === void 0) return REASONS[code] ?? (code.startsWith("ERR_SSL") ? `TLS failed (${code})` : wordsFor(code));
	if (!UNKNOWN_AUTHORITY.test(code)) return certificate;
	return `${certificate}; if this network inspects TLS, set CODEX_CA_CERTIFICATE to the PEM file of its authority`;
}
/** The system's own words for its code. Codes of libraries mean nothing to whoever reads a message; they stay in `cause`. */
function wordsFor(code) {
	const { getSystemErrorMap } = util;
	for (const [name, words] of getSystemErrorMap?.().values() ?? []) if (name === code) return words;
	return "the connection failed";
}
/** What the proxy answered to CONNECT; undici says it in the message alone. */
function proxyStatusOf(error) {
	if (!(error instanceof Error)) return null;
	const match = /^Proxy response \((\d{3})\)|^Proxy Authentication Required \((\d{3})\)/.exec(error.message);
	return match === null ? null : Number(match[1] ?? match[2]);
}
/** The first system code in an error, its causes, or (when several addresses were tried) its parts. */
function systemCodeOf(error) {
	for (let current = error, depth = 0; current instanceof Error && depth < 4; current = current.cause, depth++) {
		const code = current.code;
		if (typeof code === "string") return code;
		if (current instanceof AggregateError) return systemCodeOf(current.errors[0]);
	}
	return null;
}

// packages/planport/src/net/exchange.ts
/**
* One small request and its whole answer.
* @module
*/
/**
* Runs over undici's dispatch interface. Its `fetch` and `request` report an abort during connecting only after the
* connection stood or failed, and would leave reading the body outside of our time limit.
*/
function exchange(dispatcher, request) {
	const collector = new Collector(request.maxBodyBytes, request.watch);
	try {
		dispatcher.dispatchStream({
			origin: request.url.origin,
			path: request.url.pathname + request.url.search,
			method: request.method,
			headers: request.headers,
			body: request.body,
			repeatable: request.method === "GET",
			watch: request.watch
		}, collector);
	} catch (error) {
		collector.abort(error);
	}
	return collector;
}
var Collector = class {
	answer;
	#maxBodyBytes;
	#watch;
	#chunks = [];
	#resolve = () => {};
	#reject = () => {};
	#controller = null;
	#aborted = null;
	#status = 0;
	#headers = /* @__PURE__ */ new Map();
	#bytes = 0;
	constructor(maxBodyBytes, watch) {
		this.#maxBodyBytes = maxBodyBytes;
		this.#watch = watch;
		this.answer = new Promise((resolve, reject) => {
			this.#resolve = resolve;
			this.#reject = reject;
		});
	}
	abort(reason) {
		if (this.#aborted !== null) return;
		this.#aborted = reason;
		this.#reject(reason);
		this.#controller?.abort(reason);
	}
	onRequestStart(controller) {
		this.#controller = controller;
		if (this.#aborted !== null) controller.abort(this.#aborted);
	}
	onResponseStart(_controller, statusCode, headers) {
		if (statusCode < 200) return;
		this.#status = statusCode;
		for (const [name, value] of Object.entries(headers)) this.#headers.set(name.toLowerCase(), Array.isArray(value) ? value.join(", ") : value ?? "");
	}
	onResponseData(_controller, chunk) {
		this.#bytes += chunk.length;
		if (this.#bytes > this.#maxBodyBytes) this.abort(new BodyTooLong(this.#maxBodyBytes));
		else {
			this.#chunks.push(Buffer.from(chunk));
			this.#watch?.onBody?.(this.#status, Buffer.concat(this.#chunks));
		}
	}
	onResponseEnd() {
		const answer = {
			status: this.#status,
			headers: this.#headers,
			body: Buffer.concat(this.#chunks)
		};
		setImmediate(() => setImmediate(() => this.#resolve(answer)));
	}
	onResponseError(_controller, error) {
		this.#reject(error);
	}
};
/** The answer outgrew `maxBodyBytes`. */
var BodyTooLong = class extends Error {
	name = "BodyTooLong";
	constructor(maxBodyBytes) {
		super(`The answer has more than ${maxBodyBytes} bytes.`);
	}
};

// packages/planport/src/net/proxy.ts
/**
* Which proxy a URL goes through, by the environment variables that curl, Node and Codex share.
* @module
*/
/**
* Reads `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, each also in lower case, which wins as it does in curl.
* Loopback is never proxied: a proxy's own loopback is another machine, and a local stand-in must stay local.
* @throws {ConfigError} `config_invalid` when a variable does not hold a proxy URL.
*/
function createProxyRule(env) {
	const all = readProxy(env, "ALL_PROXY");
	const http = readProxy(env, "HTTP_PROXY") ?? all;
	const https = readProxy(env, "HTTPS_PROXY") ?? all;
	const bypass = readBypass(variable(env, "NO_PROXY")?.value ?? "");
	return (url) => {
		const proxy = url.protocol === "https:" ? https : http;
		if (proxy === null || isLoopback(url.hostname) || isBypassed(bypass, url)) return null;
		return proxy;
	};
}
/** True for `localhost`, its subdomains (RFC 6761 §6.3), `127.0.0.0/8` and `::1`. */
function isLoopback(hostname) {
	const host = plainHost(hostname);
	if (host === "localhost" || host.endsWith(".localhost") || host === "::1") return true;
	return isIP(host) === 4 && host.startsWith("127.");
}
function variable(env, name) {
	for (const candidate of [name.toLowerCase(), name]) {
		const value = env[candidate]?.trim();
		if (value !== void 0 && value !== "") return {
			name: candidate,
			value
		};
	}
	return null;
}
function readProxy(env, name) {
	const found = variable(env, name);
	if (found === null) return null;
	const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(found.value) ? found.value : `http://${found.value}`;
	const url = URL.canParse(text) ? new URL(text) : null;
	if (url === null || !/^(https?|socks5?):$/.test(url.protocol)) throw new ConfigError("config_invalid", `${found.name} is not a proxy URL; it must look like http://proxy.example:3128.`);
	return url;
}
function readBypass(text) {
	const hosts = [];
	const networks = new BlockList();
	let all = false;
	for (const entry of text.split(/[,\s]+/).filter((part) => part !== "")) if (entry === "*") all = true;
	else if (!addNetwork(networks, entry)) hosts.push(hostEntry(entry));
	return {
		all,
		hosts,
		networks
	};
}
/** Takes `10.0.0.0/8` and single addresses; false when the entry is a name. */
function addNetwork(networks, entry) {
	const [address = "", prefix] = entry.split("/");
	const host = plainHost(address);
	const version = isIP(host);
	if (version === 0) return false;
	const family = version === 6 ? "ipv6" : "ipv4";
	const bits = Number(prefix ?? (version === 6 ? 128 : 32));
	if (!Number.isInteger(bits) || bits < 0 || bits > (version === 6 ? 128 : 32)) return false;
	networks.addSubnet(host, bits, family);
	return true;
}
function hostEntry(entry) {
	const parts = /^(.+):(\d+)$/.exec(entry);
	return {
		host: plainHost((parts?.[1] ?? entry).replace(/^\*?\./, "")),
		port: parts?.[2] === void 0 ? null : Number(parts[2])
	};
}
function isBypassed(bypass, url) {
	if (bypass.all) return true;
	const host = plainHost(url.hostname);
	const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
	const version = isIP(host);
	if (version !== 0 && bypass.networks.check(host, version === 6 ? "ipv6" : "ipv4")) return true;
	return bypass.hosts.some((entry) => (entry.port === null || entry.port === port) && (host === entry.host || host.endsWith(`.${entry.host}`)));
}
/** Lower case, without the brackets of an IPv6 address or the root dot of a name. */
function plainHost(hostname) {
	return hostname.toLowerCase().replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}

// packages/planport/src/net/upgrade/read-head.ts
/**
* The head of an answer, read from a bare socket.
* @module
*/
const MAX_HEAD_BYTES = 65536;
const HEAD_END = "\r\n\r\n";
/**
* Reads up to the empty line that ends a head, and gives the head in latin1 without it. What came behind it is put back:
* the socket is paused, and gives it to whoever reads next.
*/
function readHead(socket) {
	return readUntil(socket, (bytes) => {
		const end = bytes.indexOf(HEAD_END, 0, "latin1");
		if (end > MAX_HEAD_BYTES || end < 0 && bytes.length > MAX_HEAD_BYTES) throw new FramingError("a head without end");
		return end < 0 ? null : {
			value: bytes.toString("latin1", 0, end),
			length: end + 4
		};
	});
}
/** Reads exactly so many bytes. */
function readBytes(socket, length) {
	return readUntil(socket, (bytes) => bytes.length < length ? null : {
		value: bytes.subarray(0, length),
		length
	});
}
/** Reads until `find` is content, and puts the rest back. Rejects when the socket ends before. */
function readUntil(socket, find) {
	return new Promise((resolve, reject) => {
		let held = Buffer.alloc(0);
		const stop = () => {
			socket.off("data", onData).off("end", onEnd).off("close", onEnd).off("error", onError);
			socket.pause();
		};
		const onError = (error) => {
			stop();
			reject(error);
		};
		const onEnd = () => onError(Object.assign(/* @__PURE__ */ new Error("the connection was closed"), { code: "UND_ERR_SOCKET" }));
		const onData = (chunk) => {
			held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
			try {
				const found = find(held);
				if (found === null) return;
				stop();
				if (found.length < held.length) socket.unshift(held.subarray(found.length));
				resolve(found.value);
			} catch (error) {
				onError(error);
			}
		};
		socket.on("data", onData).on("end", onEnd).on("close", onEnd).on("error", onError);
		socket.resume();
	});
}

// packages/planport/src/net/upgrade/connect.ts
/**
* A socket to a server for a protocol other than HTTP: direct, or through a proxy by CONNECT (RFC 9110 §9.3.6) or SOCKS 5
* (RFC 1928), and with TLS where the URL wants it.
* @module
*/
const TCP_KEEP_ALIVE_MS = 6e4;
/**
* Connects.
* @param adopt Told of each socket as soon as there is one, so that it can be destroyed while this goes on.
*/
async function connectSocket(url, { proxyRule, trust }, adopt) {
	const proxy = proxyRule(url);
	const open = async (place, over) => {
		const host = hostOf(place);
		const socket = over ?? await connectTo(host, portOf(place), adopt);
		if (place.protocol !== "https:") return socket;
		const secure = tls.connect({
			socket,
			host,
			ALPNProtocols: ["http/1.1"],
			...net.isIP(host) === 0 && { servername: host },
			...trust !== null && { secureContext: trust }
		});
		adopt(secure);
		return await once(secure, "secureConnect");
	};
	if (proxy === null) return await open(url, null);
	const through = await open(proxy, null);
	if (proxy.protocol.startsWith("socks")) await askSocks(through, proxy, url);
	else await askConnect(through, proxy, url);
	return await open(url, through);
}
async function connectTo(host, port, adopt) {
	const socket = net.connect({
		host,
		port
	});
	adopt(socket);
	socket.setNoDelay(true);
	socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
	return await once(socket, "connect");
}
function once(socket, event) {
	return new Promise((resolve, reject) => {
		const done = () => {
			socket.off("error", failed).off("close", closed);
			resolve(socket);
		};
		const failed = (error) => {
			socket.off(event, done).off("close", closed);
			reject(error);
		};
		const closed = () => failed(Object.assign(/* @__PURE__ */ new Error("the connection was closed"), { code: "UND_ERR_SOCKET" }));
		socket.once(event, done).once("error", failed).once("close", closed);
	});
}
function hostOf({ hostname }) {
	return hostname.replaceAll(/^\[|\]$/g, "");
}
function portOf({ protocol, port }) {
	if (port !== "") return Number(port);
	return protocol === "https:" ? 443 : protocol === "http:" ? 80 : 1080;
}
async function askConnect(socket, proxy, url) {
	const authority = `${url.hostname}:${portOf(url)}`;
	const user = proxy.username === "" ? null : `${decoded(proxy.username)}:${decoded(proxy.password)}`;
	const credentials = user === null ? "" : `proxy-authorization: Basic ${Buffer.from(user, "utf8").toString("base64")}\r\n`;
	socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n${credentials}\r\n`, "latin1");
	const [line = ""] = (await readHead(socket)).split("\r\n", 1);
	const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(line)?.[1]);
	if (Number.isNaN(status)) throw new FramingError("no HTTP/1.1 status line");
	if (status < 200 || status > 299) throw new Error(`Proxy response (${status}) !== 200 when HTTP Tunneling`);
}
const SOCKS_VERSION = 5;
const SOCKS_NO_AUTHENTICATION = 0;
const SOCKS_PASSWORD = 2;
const SOCKS_CONNECT = 1;
const SOCKS_NAME = 3;
/** Bytes of an address in a reply, by its type; a name's stand in its first byte. */
const SOCKS_ADDRESS_BYTES = {
	1: 4,
	4: 16
};
/** RFC 1928 §3 to §6. The proxy resolves the name, as it must where only the proxy has DNS. */
async function askSocks(socket, proxy, url) {
	const user = Buffer.from(decoded(proxy.username), "utf8");
	const password = Buffer.from(decoded(proxy.password), "utf8");
	const method = user.length === 0 ? SOCKS_NO_AUTHENTICATION : SOCKS_PASSWORD;
	socket.write(Buffer.from([
		SOCKS_VERSION,
		1,
		method
	]));
	const [version, chosen] = await readBytes(socket, 2);
	if (version !== SOCKS_VERSION || chosen !== method) throw new Error("Proxy Authentication Required (407)");
	if (method === SOCKS_PASSWORD) {
		socket.write(Buffer.concat([
			Buffer.from([1, user.length]),
			user,
			Buffer.from([password.length]),
			password
		]));
		const [, verdict] = await readBytes(socket, 2);
		if (verdict !== 0) throw new Error("Proxy Authentication Required (407)");
	}
	const name = Buffer.from(hostOf(url), "latin1");
	const port = portOf(url);
	const head = Buffer.from([
		SOCKS_VERSION,
		SOCKS_CONNECT,
		0,
		SOCKS_NAME,
		name.length
	]);
	socket.write(Buffer.concat([
		head,
		name,
		Buffer.from([port >> 8, port & 255])
	]));
	const [, reply, , type = 0] = await readBytes(socket, 4);
	if (reply !== 0) throw new Error("Proxy response (502) !== 200 when HTTP Tunneling");
	const addressBytes = SOCKS_ADDRESS_BYTES[type] ?? (await readBytes(socket, 1))[0] ?? 0;
	await readBytes(socket, addressBytes + 2);
}
function decoded(text) {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

// packages/planport/src/net/upgrade/handshake.ts
/**
* The change of a connection's protocol, asked for and answered (RFC 9110 §7.8).
* @module
*/
const NO_BODY = /* @__PURE__ */ new Uint8Array(0);
/** Connects, asks, and gives the socket or the refusal. Rejects with what the system threw. */
async function openUpgrade(request, options) {
	const url = new URL(request.origin);
	const head = writeRequestHead("GET", request.path, url.host, request.headers, 0, "Upgrade");
	const watch = watchOver(request.signal);
	try {
		watch.limit(options.connectTimeoutMs, "the connection was not made in time", "ETIMEDOUT");
		const socket = await watch.run(connectSocket(url, options, watch.adopt));
		watch.limit(options.headersTimeoutMs, "no answer came in time", "UND_ERR_HEADERS_TIMEOUT");
		socket.write(head, "latin1");
		const answer = await watch.run(readAnswer(socket));
		if (answer.status === 101) {
			watch.release();
			return {
				status: 101,
				headers: answer.headers,
				socket,
				body: NO_BODY
			};
		}
		const body = await watch.run(readBody(socket, answer, options.maxBodyBytes));
		return {
			status: answer.status,
			headers: answer.headers,
			socket: null,
			body
		};
	} finally {
		watch.end();
	}
}
function watchOver(signal) {
	const sockets = [];
	let timer;
	let fail = () => {};
	const failed = new Promise((_resolve, reject) => {
		fail = reject;
	});
	failed.catch(() => {});
	const onAbort = () => fail(/* @__PURE__ */ new Error("The handshake was called off."));
	if (signal?.aborted === true) onAbort();
	signal?.addEventListener("abort", onAbort, { once: true });
	return {
		adopt(socket) {
			sockets.push(socket);
			socket.on("error", ignore);
		},
		run: (step) => Promise.race([step, failed]),
		limit(delayMs, message, code) {
			clearTimeout(timer);
			timer = setTimeout(() => fail(Object.assign(new Error(message), { code })), delayMs);
		},
		release() {
			sockets.length = 0;
		},
		end() {
			clearTimeout(timer);
			signal?.removeEventListener("abort", onAbort);
			for (const socket of sockets) socket.destroy();
		}
	};
}
function ignore() {}
/** Reads past informational answers (RFC 9110 §15.2), 101 excepted, which is the answer. */
async function readAnswer(socket) {
	for (;;) {
		const head = readAnswerHead(await readHead(socket), "GET");
		if (head.status === 101 || head.status >= 200) return head;
	}
}
/** Reads a refusal's body to its end. */
function readBody(socket, { framing }, maxBytes) {
	return new Promise((resolve, reject) => {
		const reader = createBodyReader(framing);
		const chunks = [];
		let size = 0;
		const finish = () => resolve(Buffer.concat(chunks, size));
		const take = (bytes, start, end) => {
			size += end - start;
			if (size > maxBytes) throw new BodyTooLong(maxBytes);
			chunks.push(Buffer.from(bytes.subarray(start, end)));
		};
		const onEnd = () => {
			if (reader.endsWithConnection || reader.complete) finish();
			else reject(Object.assign(/* @__PURE__ */ new Error("the connection was closed"), { code: "UND_ERR_SOCKET" }));
		};
		socket.on("error", reject).on("end", onEnd).on("close", onEnd);
		socket.on("data", (chunk) => {
			try {
				reader.feed(chunk, 0, chunk.length, take);
				if (reader.complete) finish();
			} catch (error) {
				reject(error);
			}
		});
		if (reader.complete) finish();
		socket.resume();
	});
}

// packages/planport/src/net/http-client.ts
/**
* The connection pool that everything in planport uses.
* @module
*/
var http_client_exports = /* @__PURE__ */ __exportAll({ createHttpClient: () => createHttpClient });
/**
* Makes the pool. Nothing connects before the first call.
* @throws {ConfigError} `config_invalid` when a proxy or certificate variable cannot be used.
*/
function createHttpClient(options) {
	const pool = {
		proxyRule: createProxyRule(options.env),
		trust: createTrust(options.env),
		connectTimeoutMs: options.connectTimeoutMs ?? 15e3,
		headersTimeoutMs: options.headersTimeoutMs ?? 3e5
	};
	const dispatcher = new PooledDispatcher(pool);
	const fetchTimeoutMs = options.fetchTimeoutMs ?? 3e4;
	const maxBodyBytes = options.maxBodyBytes ?? 16777216;
	return {
		dispatcher,
		close: () => dispatcher.close(),
		upgrade: async (request) => {
			try {
				return await openUpgrade(request, {
					...pool,
					maxBodyBytes
				});
			} catch (error) {
				if (error instanceof BodyTooLong) throw tooLong(new URL(request.origin), error);
				if (error instanceof Error && request.signal?.aborted !== true) throw toConnectionError(error, request.origin, dispatcher);
				throw cancelled();
			}
		},
		fetch: (url, fetchOptions = {}) => fetchWhole(dispatcher, url, {
			timeoutMs: fetchTimeoutMs,
			...fetchOptions
		}, maxBodyBytes)
	};
}
async function fetchWhole(dispatcher, url, options, maxBodyBytes) {
	const { signal, timeoutMs } = options;
	if (signal?.aborted === true) throw cancelled();
	const target = parseUrl(url);
	const running = exchange(dispatcher, {
		url: target,
		method: options.method ?? "GET",
		headers: options.headers ?? {},
		body: options.body ?? null,
		maxBodyBytes,
		watch: options.watch
	});
	const onAbort = () => running.abort(cancelled());
	const timer = setTimeout(() => running.abort(timedOut(target, timeoutMs)), timeoutMs);
	signal?.addEventListener("abort", onAbort, { once: true });
	try {
		return toHttpAnswer(await running.answer);
	} catch (error) {
		if (error instanceof RequestError || error instanceof UpstreamError) throw error;
		if (error instanceof BodyTooLong) throw tooLong(target, error);
		throw toConnectionError(error, url, dispatcher);
	} finally {
		clearTimeout(timer);
		signal?.removeEventListener("abort", onAbort);
	}
}
function parseUrl(url) {
	if (URL.canParse(url)) {
		const parsed = new URL(url);
		if (parsed.protocol === "https:" || parsed.protocol === "http:") return parsed;
	}
	throw new ConfigError("config_invalid", `"${url.slice(0, 200)}" is not an http or https URL.`);
}
function toHttpAnswer({ status, headers, body }) {
	const text = new TextDecoder().decode(body);
	return {
		status,
		ok: status >= 200 && status < 300,
		headers: {
			get: (name) => headers.get(name.toLowerCase()) ?? null,
			[Symbol.iterator]: () => headers[Symbol.iterator]()
		},
		text: async () => text,
		json: async () => JSON.parse(text)
	};
}
function cancelled() {
	return new RequestError("cancelled", "The request was cancelled.");
}
function timedOut(url, timeoutMs) {
	return new UpstreamError("upstream_unreachable", `${url.host} did not answer within ${timeoutMs} ms.`, { cause: {
		status: null,
		upstreamCode: null,
		requestId: null,
		cfRay: null,
		systemCode: "ETIMEDOUT"
	} });
}
function tooLong(url, error) {
	return new UpstreamError("upstream_malformed", `${url.host}: ${error.message}`);
}

export { toConnectionError as i, http_client_exports as n, isLoopback as r, createHttpClient as t };