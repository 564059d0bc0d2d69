/** Versions of the wire this build speaks. `hello` carries the range; the server answers with the one it picked. */
export const PROTOCOL_VERSION = 1;
export const PROTOCOL_RANGE = { min: 1, max: 1 } as const;
