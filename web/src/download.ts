/** The bytes at an address of this site; `tell` hears how many there are so far. */
export async function download(address: string, tell: (bytes: number) => void = () => {}): Promise<ArrayBuffer> {
  const response = await fetch(address).catch(() => {
    throw new Error(`${address} is not on this device yet; connect to the network once`);
  });
  if (!response.ok || !response.body) throw new Error(`the site lacks ${address} (${response.status})`);
  const parts: BlobPart[] = [];
  let bytes = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts).arrayBuffer();
    parts.push(value);
    tell((bytes += value.length));
  }
}

/** What was packed by gzip. */
export async function unpack(packed: ArrayBuffer): Promise<ArrayBuffer> {
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}
