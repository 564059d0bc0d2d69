import { early } from './counted.mjs';

export const total = early();
export const callBack = () => early();
