import dev.lifebound.memory.handle.Lease;
import dev.lifebound.memory.handle.Registry;
import dev.lifebound.memory.handle.StaleHandleException;
import java.util.HashMap;
import java.util.Map;

/** A map of native sessions that outlives one of them. Run: see the README. */
class Sessions {
  public static void main(String[] args) {
    try (Registry registry = Registry.create()) {
      Map<String, Long> sessions = new HashMap<>();
      sessions.put("anna", registry.allocate(64, "session"));
      try (Lease lease = registry.lease(sessions.get("anna"))) {
        lease.setLong(0, 42);
      }
      registry.release(sessions.get("anna")); // freed; the map still holds the handle
      try (Lease lease = registry.lease(sessions.get("anna"))) {
        System.out.println("never printed: " + lease.getLong(0));
      } catch (StaleHandleException e) {
        System.out.println("refused: " + e.getMessage());
      }
    }
  }
}
