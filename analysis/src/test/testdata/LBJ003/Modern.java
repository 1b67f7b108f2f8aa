package testdata;

import module java.base;

/** Syntax of Java 25 between a handle and its free. */
sealed interface Modern permits Modern.Box, Modern.Empty {

  record Box(Blob blob) implements Modern {}

  record Empty() implements Modern {}

  final class Blob implements AutoCloseable {
    private final long address;

    Blob(long address) {
      if (address < 0) {
        throw new IllegalArgumentException("address=" + address);
      }
      super();
      this.address = address;
    }

    @Override
    public void close() {
      release0(address);
    }

    private static native void release0(long address);
  }

  final class Store {
    private final Map<String, Blob> blobs = new ConcurrentHashMap<>();
    private final Map<String, Box> boxes = new HashMap<>();

    void unnamed(String name) {
      Object found = blobs.get(name);
      switch (found) {
        case Blob blob when name.length() > 1 -> blob.close(); // want "LBJ003 red: Blob.close frees blob"
        case Blob _ -> System.out.println("short");
        case null, default -> System.out.println("none");
      }
    }

    void deconstructed(String name) {
      if (boxes.get(name) instanceof Box(Blob blob)) {
        blob.close(); // want "LBJ003 red: Blob.close frees blob"
      }
    }

    int yielded(String name) {
      var blob = blobs.get(name);
      return switch (name) {
        case "a" -> {
          blob.close(); // want "LBJ003 red: Blob.close frees blob"
          yield 1;
        }
        default -> 0;
      };
    }

    void loops(String name) {
      outer:
      for (var entry : blobs.entrySet()) {
        for (int i = 0, _ = 1; i < 3; i++) {
          if (i == 2) {
            continue outer;
          }
        }
        entry.getValue().close(); // want "LBJ003 red: Blob.close frees"
        break outer;
      }
    }

    void removed(String name) {
      if (blobs.remove(name) instanceof Blob blob) {
        blob.close();
      }
      try (var _ = blobs.remove(name)) {
        System.out.println("gone");
      }
      blobs.forEach((_, _) -> {});
    }
  }
}
