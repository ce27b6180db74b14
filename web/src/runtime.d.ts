/** Address of the packed WebAssembly, from the page; vite.config.ts writes it. */
declare const RUNTIME: string;
