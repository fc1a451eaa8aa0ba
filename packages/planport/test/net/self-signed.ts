import { generateKeyPairSync, sign } from "node:crypto";

/** A key and a certificate that signs itself, made fresh: nothing here expires or has to be kept secret. */
export interface SelfSigned {
  readonly keyPem: string;
  readonly certificatePem: string;
}

/** X.509 v3 (RFC 5280) for DNS names and 127.0.0.1, with an EC key. */
export function createSelfSigned(...dnsNames: string[]): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const algorithm = sequence(oid("2a8648ce3d040302")); // ecdsa-with-SHA256
  const name = sequence(tlv(0x31, sequence(oid("550403"), tlv(0x0c, Buffer.from("planport test")))));
  const names = [...dnsNames.map((dns) => tlv(0x82, Buffer.from(dns))), tlv(0x87, Buffer.from([127, 0, 0, 1]))];
  const extensions = sequence(
    sequence(oid("551d11"), tlv(0x04, sequence(...names))), // subjectAltName
    sequence(oid("551d13"), tlv(0x01, Buffer.from([0xff])), tlv(0x04, sequence(tlv(0x01, Buffer.from([0xff]))))), // CA: true
  );
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.from([1])),
    algorithm,
    name,
    sequence(tlv(0x18, Buffer.from("20200101000000Z")), tlv(0x18, Buffer.from("21200101000000Z"))),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    tlv(0xa3, extensions),
  );
  const signature = tlv(0x03, Buffer.concat([Buffer.from([0]), sign("sha256", body, privateKey)]));
  const base64 = sequence(body, algorithm, signature)
    .toString("base64")
    .replaceAll(/(.{64})/g, "$1\n");
  return {
    keyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    certificatePem: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
  };
}

function sequence(...parts: Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

function oid(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, "hex"));
}

function tlv(tag: number, value: Buffer): Buffer {
  const { length } = value;
  if (length < 128) return Buffer.concat([Buffer.from([tag, length]), value]);
  const bytes = length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...bytes]), value]);
}
