import { isIP } from "node:net";
import { hostname } from "node:os";
import { Integer, OctetString, Utf8String } from "asn1js";
import {
  AttributeTypeAndValue,
  BasicConstraints,
  Certificate,
  ExtKeyUsage,
  Extension,
  GeneralName,
  GeneralNames,
} from "pkijs";
import { isWildcard } from "./address.js";

/** A private key and its certificate, in PEM. */
export interface KeyAndCertificate {
  /** The private key. */
  readonly key: string;
  /** The certificate, and those that lead from it to one that is trusted. */
  readonly cert: string;
}

/** How long one lasts: browsers take no more than 398 days, and nobody should come to rely on one. */
const days = 90;
const dayInMs = 24 * 60 * 60 * 1_000;

const oid = {
  commonName: "2.5.4.3",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  extKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
};
/** Kinds of names in a certificate (RFC 5280). */
const kinds = { dns: 2, ip: 7 } as const;

/** Makes a certificate that signs itself: for `localhost`, the loopback addresses, this machine's name, and `host`. */
export async function makeCertificate(host: string): Promise<KeyAndCertificate> {
  const { subtle } = globalThis.crypto;
  const keys = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const certificate = new Certificate();
  certificate.version = 2;
  certificate.serialNumber = new Integer({ valueHex: serialNumber() });
  for (const { typesAndValues } of [certificate.issuer, certificate.subject]) {
    const value = new Utf8String({ value: "web-pubsub-emulator" });
    typesAndValues.push(new AttributeTypeAndValue({ type: oid.commonName, value }));
  }
  // Clocks of containers may be a little behind.
  certificate.notBefore.value = new Date(Date.now() - dayInMs);
  certificate.notAfter.value = new Date(Date.now() + days * dayInMs);
  const own = ["localhost", "127.0.0.1", "::1", hostname(), ...(isWildcard(host) ? [] : [host])];
  const names = new Set(own.map((name) => name.toLowerCase()));
  const usage = new ExtKeyUsage({ keyPurposes: [oid.serverAuth] });
  const altNames = new GeneralNames({ names: [...names].map(nameOf) });
  certificate.extensions = [
    // It can't sign others: whoever comes by its key gains no more than these names.
    new Extension({
      extnID: oid.basicConstraints,
      critical: true,
      extnValue: new BasicConstraints({ cA: false }).toSchema().toBER(false),
    }),
    new Extension({ extnID: oid.extKeyUsage, extnValue: usage.toSchema().toBER(false) }),
    new Extension({ extnID: oid.subjectAltName, extnValue: altNames.toSchema().toBER(false) }),
  ];
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey);
  await certificate.sign(keys.privateKey, "SHA-256");
  return {
    key: pem("PRIVATE KEY", await subtle.exportKey("pkcs8", keys.privateKey)),
    cert: pem("CERTIFICATE", certificate.toSchema(true).toBER(false)),
  };
}

/** Sixteen bytes that make a positive number. */
function serialNumber(): ArrayBuffer {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.buffer;
}

function nameOf(name: string): GeneralName {
  if (isIP(name) === 0) return new GeneralName({ type: kinds.dns, value: name });
  return new GeneralName({ type: kinds.ip, value: new OctetString({ valueHex: addressBytes(name).buffer }) });
}

/** The bytes of an IP address. */
function addressBytes(address: string): Uint8Array<ArrayBuffer> {
  if (isIP(address) === 4) return Uint8Array.from(address.split("."), Number);
  // The shortest writing, in which no part is decimal.
  const [head = "", tail = ""] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const words = (part: string) => part.split(":").filter(Boolean);
  const [first, last] = [words(head), words(tail)];
  const gap = new Array<string>(8 - first.length - last.length).fill("0");
  return Uint8Array.from(
    [...first, ...gap, ...last].flatMap((word) => {
      const value = Number.parseInt(word, 16);
      return [value >> 8, value & 255];
    }),
  );
}

function pem(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
