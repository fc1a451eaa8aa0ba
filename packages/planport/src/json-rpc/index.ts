/**
 * JSON-RPC, both ends of it.
 * @module
 */
export type { RequestId, RpcAnswer, RpcError } from "./message.ts";
export {
  createPeer,
  type Peer,
  type PeerAnswer,
  type PeerOptions,
  type PeerRequest,
  type RequestOptions,
  type RequestOutcome,
} from "./peer.ts";
export {
  MAX_MESSAGE_BYTES,
  type MessageSocket,
  type MessageTransport,
  socketTransport,
  streamTransport,
  type StreamTransportOptions,
  type TransportEvents,
} from "./transport.ts";
