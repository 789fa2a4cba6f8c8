export const bytesOf = (text) => Uint8Array.from(atob(text), (symbol) => symbol.charCodeAt(0));
