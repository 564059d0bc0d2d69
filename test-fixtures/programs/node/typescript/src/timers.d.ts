declare function setInterval(callback: () => void, ms: number): unknown;
