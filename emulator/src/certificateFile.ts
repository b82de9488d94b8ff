import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Writes a certificate where other programs can read it, without its key: at the same place each time, so that their
 * settings stay right. @returns the path.
 */
export async function writeCertificate(pem: string): Promise<string> {
  const name = "certificate.pem";
  try {
    const folder = join(homedir(), ".cache", "web-pubsub-emulator");
    await mkdir(folder, { recursive: true });
    const path = join(folder, name);
    await writeFile(path, pem);
    return path;
  } catch {
    // A home that can't be written to, as in some containers.
    const path = join(await mkdtemp(join(tmpdir(), "web-pubsub-emulator-")), name);
    await writeFile(path, pem);
    return path;
  }
}
