// The browser's own storage, or where it is shut, one that lasts as long as the page; `lasting` says which.

export function openStore() {
  let storage;
  try {
    storage = window.localStorage;
    storage.getItem("");
  } catch {
    storage = new Passing();
  }
  return {
    storage,
    read(name, otherwise) {
      try {
        return JSON.parse(storage.getItem(name)) ?? otherwise;
      } catch {
        return otherwise;
      }
    },
    write(name, value) {
      try {
        if (value === null) storage.removeItem(name);
        else storage.setItem(name, JSON.stringify(value));
      } catch {
        // It then holds for as long as the page is open.
      }
    },
  };
}

class Passing {
  get length() {
    return 0;
  }

  getItem() {
    return null;
  }

  setItem() {
    throw new Error("This browser keeps nothing for the page.");
  }

  removeItem() {}
}
