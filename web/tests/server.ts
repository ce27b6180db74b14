import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

/** A host of static files, as plain as they come: the longest matching prefix names the folder. */
export class Host {
  /** What was asked for since the last look. */
  asked: string[] = [];

  private readonly server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url!, "http://localhost").pathname);
    this.asked.push(path);
    const prefix = Object.keys(this.folders).sort((a, b) => b.length - a.length).find((one) => path.startsWith(one));
    const file = prefix && join(this.folders[prefix]!, path.slice(prefix.length), path.endsWith("/") ? "index.html" : "");
    if (!file || !existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    response.end(readFileSync(file));
  });

  constructor(public folders: Record<string, string>) {}

  /** Its address. */
  async open(): Promise<string> {
    await new Promise<void>((listening) => this.server.listen(0, "localhost", listening));
    return `http://localhost:${(this.server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}
