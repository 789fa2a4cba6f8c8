// What the device keeps over a day without network: today's list, and every act until the service has answered it.
const NAME = "maskres-till";

function open() {
  return new Promise((done, fail) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("acts", { keyPath: "nonce" });
      asked.result.createObjectStore("kept");
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
}

// The device keeps nothing: its storage is full, or refused as in a private window.
export class NotKept extends Error {}

// Done once the transaction is: what was put is then on the disk.
async function run(store, mode, act) {
  let database;
  try {
    database = await open();
    return await new Promise((done, fail) => {
      const transaction = database.transaction(store, mode, { durability: "strict" });
      const asked = act(transaction.objectStore(store));
      transaction.oncomplete = () => done(asked?.result);
      transaction.onabort = transaction.onerror = () => fail(transaction.error);
    });
  } catch (cause) {
    throw new NotKept(store, { cause });
  } finally {
    database?.close();
  }
}

export const get = (name) => run("kept", "readonly", (store) => store.get(name));
export const put = (name, value) => run("kept", "readwrite", (store) => store.put(value, name));
export const forget = (name) => run("kept", "readwrite", (store) => store.delete(name));
export const putAct = (act) => run("acts", "readwrite", (store) => store.put(act));
export const dropAct = (nonce) => run("acts", "readwrite", (store) => store.delete(nonce));

export async function listActs() {
  const found = await run("acts", "readonly", (store) => store.getAll());
  return found.sort((one, other) => one.seq - other.seq);
}
