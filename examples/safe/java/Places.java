import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.map.Codecs;
import dev.lifebound.memory.map.NativeMap;

/** Maps in native memory: of records, and of blocks that live as long as their entries. */
class Places {
  record Position(double latitude, double longitude) {}

  public static void main(String[] args) {
    try (NativeMap<String, Position> places = NativeMap.create(String.class, Position.class)) {
      places.put("Ulm", new Position(48.4, 9.99));
      System.out.println(places.get("Ulm"));
      System.out.println(places.asMap().keySet());
    } // all memory is free

    try (Registry registry = Registry.create();
        NativeMap<String, Long> sessions =
            NativeMap.create(Codecs.of(String.class), Codecs.handle(registry))) {
      long block = registry.allocate(64, "session");
      sessions.put("anna", block); // the entry owns the block now
      sessions.remove("anna"); // and with it the block goes
      System.out.println("live: " + registry.isLive(block));
    }
  }
}
