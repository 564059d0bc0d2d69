/** Kept equal to `package.json` by a test. */
export const ADAPTER_VERSION = '0.1.0';
