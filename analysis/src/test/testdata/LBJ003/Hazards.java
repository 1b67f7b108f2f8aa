package testdata;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A handle: owns an address and frees it by a native method. */
final class Texture implements AutoCloseable {
  private final long address;

  Texture(long address) {
    this.address = address;
  }

  @Override
  public void close() {
    free0(address);
  }

  long size() {
    return size0(address);
  }

  private static native void free0(long address);

  private static native long size0(long address);
}

class Hazards {
  private static final Map<String, Texture> ALL = new ConcurrentHashMap<>();
  private final Map<String, Texture> textures = new HashMap<>();
  private final Map<String, Texture> shared = new ConcurrentHashMap<>();

  void neverRemoved(String name) {
    Texture texture = textures.get(name);
    texture.close(); // want "LBJ003 red: Texture.close frees texture, but the entry stays in testdata.Hazards.textures"
  }

  void neverRemovedWhenFound(String name) {
    Texture texture = textures.get(name);
    if (texture != null) {
      texture.close(); // want "LBJ003 red: Texture.close frees texture"
    }
  }

  void chained(String name) {
    textures.get(name).close(); // want "LBJ003 red: Texture.close frees textures.get.name."
  }

  static void inAStaticMap(String name) {
    Texture texture = ALL.get(name);
    if (texture != null) {
      texture.close(); // want "LBJ003 .*testdata.Hazards.ALL"
    }
  }

  void closedThenRemoved(String name) {
    Texture texture = shared.get(name);
    if (texture != null) {
      texture.close(); // want "LBJ003 red: Texture.close frees texture before it is removed from testdata.Hazards.shared"
      shared.remove(name);
    }
  }

  void closedThenRemovedAlone(String name) {
    Texture texture = textures.get(name);
    if (texture != null) {
      texture.close(); // want "LBJ003 yellow: Texture.close frees texture before it is removed"
      textures.remove(name);
    }
  }

  void removedOnOneWayOnly(String name, boolean keep) {
    Texture texture = textures.get(name);
    texture.close(); // want "LBJ003 red: Texture.close frees texture, but the entry stays"
    if (!keep) {
      textures.remove(name);
    }
  }

  void swept() {
    for (Texture texture : textures.values()) {
      texture.close(); // want "LBJ003 red: Texture.close frees texture, but the entry stays"
    }
  }

  void sweptByEntries() {
    for (Map.Entry<String, Texture> entry : textures.entrySet()) {
      entry.getValue().close(); // want "LBJ003 red: Texture.close frees"
    }
  }

  void sweptByLambda() {
    textures.values().forEach(texture -> texture.close()); // want "LBJ003 red: Texture.close frees texture"
  }

  void sweptByReference() {
    textures.values().forEach(Texture::close); // want "LBJ003 red: Texture.close frees"
  }

  void sweptByMapForEach() {
    textures.forEach((name, texture) -> texture.close()); // want "LBJ003 red: Texture.close frees texture"
  }

  void sweptByStream() {
    textures.values().stream().filter(t -> t.size() > 0).forEach(Texture::close); // want "LBJ003 red: Texture.close frees"
  }

  void sweptByCopy() {
    for (Texture texture : new ArrayList<>(textures.values())) {
      texture.close(); // want "LBJ003 red: Texture.close frees texture"
    }
  }

  void sweptByIterator() {
    for (Iterator<Texture> it = textures.values().iterator(); it.hasNext(); ) {
      Texture texture = it.next();
      texture.close(); // want "LBJ003 red: Texture.close frees texture"
    }
  }

  void byIteratorInTheWrongOrder() {
    Iterator<Texture> it = shared.values().iterator();
    while (it.hasNext()) {
      Texture texture = it.next();
      texture.close(); // want "LBJ003 red: Texture.close frees texture before it is removed from testdata.Hazards.shared"
      it.remove();
    }
  }

  void inTryWithResources(String name) {
    try (Texture texture = textures.get(name)) { // want "LBJ003 red: Texture.close frees texture"
      texture.size();
    }
  }

  void byAHelper(String name) {
    closeQuietly(textures.get(name)); // want "LBJ003 red: Texture.close frees textures.get.name."
  }

  private static void closeQuietly(Texture texture) {
    if (texture == null) {
      return;
    }
    try {
      texture.close();
    } catch (RuntimeException e) {
      System.err.println(e);
    }
  }

  void foundByAHelper(String name) {
    Texture texture = find(name);
    texture.close(); // want "LBJ003 red: Texture.close frees texture"
  }

  private Texture find(String name) {
    return textures.get(name);
  }

  void putThenClosed(String name) {
    Texture texture = new Texture(1);
    textures.put(name, texture);
    texture.close(); // want "LBJ003 red: Texture.close frees texture"
  }

  long usedAgain(String name) {
    Texture texture = textures.get(name);
    texture.close(); // want "LBJ003 red: Texture.close frees texture"
    return textures.get(name).size();
  }

  void bound(Object any, String name) {
    if (textures.get(name) instanceof Texture texture) {
      texture.close(); // want "LBJ003 red: Texture.close frees texture"
    }
  }

  /** A wrapper one level up is native too. */
  static final class Model implements AutoCloseable {
    private final Texture texture = new Texture(2);

    @Override
    public void close() {
      texture.close();
    }
  }

  private final Map<Integer, Model> models = new HashMap<>();

  void wrapped(int id) {
    models.get(id).close(); // want "LBJ003 red: Model.close frees models.get.id."
  }

  /** An inner class sees the maps around it. */
  class Evictor {
    void evict(String name) {
      textures.get(name).close(); // want "LBJ003 .*testdata.Hazards.textures"
    }
  }

  /** A finished owner that others may still ask. */
  static final class Owner implements AutoCloseable {
    private final Map<String, Texture> held = new ConcurrentHashMap<>();

    void add(String name) {
      held.put(name, new Texture(3));
    }

    Texture find(String name) {
      return held.get(name);
    }

    @Override
    public void close() {
      held.values().forEach(Texture::close); // want "LBJ003 yellow: Texture.close frees"
    }
  }

  List<String> names() {
    return List.copyOf(textures.keySet());
  }
}
