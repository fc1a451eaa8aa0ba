/**
 * JSON Web Tokens as the sign-in server makes them: RS256 (RFC 7515, RFC 7518 section 3.3) with a published key set.
 * @module
 */
import { createHash, createPublicKey, generateKeyPair, type KeyObject, sign, verify } from "node:crypto";
import { isJsonObject, type JsonObject } from "../../protocol/index.ts";

/** Signs tokens, checks them, and shows the public half of its key. */
export interface JwtSigner {
  /** A compact JWS of the claims. */
  sign(claims: JsonObject): string;
  /** The claims of a token that this key signed; null for anything else. Looks at the signature only, not at `exp`. */
  verify(token: string): JsonObject | null;
  /** The JSON Web Key Set (RFC 7517 section 5). */
  readonly jwks: JsonObject;
}

// Making a key takes up to a second of CPU. All simulators of one process share it: it protects nothing.
let sharedKey: Promise<KeyObject> | undefined;

function signingKey(): Promise<KeyObject> {
  sharedKey ??= new Promise((resolve, reject) => {
    generateKeyPair("rsa", { modulusLength: 2048 }, (error, _publicKey, privateKey) =>
      error ? reject(error) : resolve(privateKey),
    );
  });
  return sharedKey;
}

/** Makes the signer of this process. */
export async function createJwtSigner(): Promise<JwtSigner> {
  const privateKey = await signingKey();
  const publicKey = createPublicKey(privateKey);
  const jwk = publicKey.export({ format: "jwk" });
  const kid = createHash("sha256").update(String(jwk["n"])).digest("base64url").slice(0, 16);
  const header = encodePart({ alg: "RS256", kid, typ: "JWT" });
  return {
    sign(claims) {
      const signed = `${header}.${encodePart(claims)}`;
      return `${signed}.${sign("sha256", Buffer.from(signed), privateKey).toString("base64url")}`;
    },
    verify(token) {
      const [head, payload, signature, more] = token.split(".");
      if (head !== header || payload === undefined || signature === undefined || more !== undefined) return null;
      if (!verify("sha256", Buffer.from(`${head}.${payload}`), publicKey, Buffer.from(signature, "base64url")))
        return null;
      const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
      return isJsonObject(claims) ? claims : null;
    },
    jwks: { keys: [{ ...jwk, kid, alg: "RS256", use: "sig" }] },
  };
}

function encodePart(value: JsonObject): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
